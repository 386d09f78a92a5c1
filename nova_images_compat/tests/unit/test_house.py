# SPDX-License-Identifier: Apache-2.0

"""Tests of the structure of the code: the rules in HACKING.rst."""

import ast
import collections
from collections.abc import Iterator
import dataclasses
import functools
import graphlib
import pathlib

import nova_images_compat
from nova_images_compat.tests import base

ROOT = pathlib.Path(nova_images_compat.__file__).parent
PACKAGE = ROOT.name
MAX_LINES = 400

# Rooms import from their own layer and from those below, never from above.
LAYERS = (
    {'cmd', 'uwsgi_drain', 'wsgi'},
    {'api', 'process_report'},
    {'image', 'policy', 'usage'},
    {'conf', 'db', 'identity', 'quota'},
    {'background', 'context', 'exception', 'extras', 'log', 'native',
     'policies', 'policy_files', 'tls', 'version'},
)
API_LAYERS = (
    {'plugin'},
    {'app'},
    {'guest', 'openapi'},
    {'routes'},
    {'controllers', 'pipeline'},
    {'views'},
    {'urls'},
    {'wsgi'},
    {'query_string', 'validation'},
    {'operation', 'schemas'},
)
IMAGE_LAYERS = (
    {'loader'}, {'catalog', 'glance'},
    {'base', 'cache', 'cache_backend', 'cache_region', 'status'})

# What a resource's modules are called in each room that has one of them.
RESOURCES = {'image_metadata', 'image_size', 'images', 'versions'}


@dataclasses.dataclass(frozen=True)
class Import:
    """An import of one of our modules.

    :ivar module: the imported module, without the package's name
    :ivar name: the name that the importing module gives it
    """

    module: str
    name: str


@dataclasses.dataclass(frozen=True)
class Module:
    """One of our modules.

    :ivar name: its name, without the package's
    """

    name: str
    path: pathlib.Path
    tree: ast.Module

    @functools.cached_property
    def imports(self) -> list[Import]:
        """The imports of our own modules, wherever they stand."""
        return [
            Import(f'{node.module}.{alias.name}'.removeprefix(f'{PACKAGE}.'),
                   alias.asname or alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            and f'{node.module}.'.startswith(f'{PACKAGE}.')
            for alias in node.names]


def modules(with_tests: bool = False) -> Iterator[Module]:
    for path in sorted(ROOT.rglob('*.py')):
        parts = path.relative_to(ROOT).with_suffix('').parts
        if parts[0] == 'tests' and not with_tests:
            continue
        if parts[-1] == '__init__':
            parts = parts[:-1]
        yield Module('.'.join(parts), path, ast.parse(path.read_text()))


def layer_of(name: str, layers: tuple[set[str], ...], prefix: str) -> int:
    """Return the number of a module's layer; 0 is the top."""
    room = name.removeprefix(prefix).partition('.')[0]
    return next(number for number, rooms in enumerate(layers)
                if room in rooms)


class ImportsTest(base.TestCase):

    def test_no_arrow_up(self) -> None:
        for layers, prefix in (
                (LAYERS, ''), (API_LAYERS, 'api.'), (IMAGE_LAYERS, 'image.')):
            for module in modules():
                if not module.name.removeprefix(prefix) or (
                        not module.name.startswith(prefix)):
                    continue
                own = layer_of(module.name, layers, prefix)
                for imported in module.imports:
                    if not imported.module.startswith(prefix):
                        continue
                    with self.case(module.name, imported.module):
                        self.assertLessEqual(
                            own, layer_of(imported.module, layers, prefix))

    def test_no_circle(self) -> None:
        graph = {module.name: {imported.module for imported in module.imports}
                 for module in modules()}
        graphlib.TopologicalSorter(graph).prepare()

    def test_stores_are_found_by_their_names(self) -> None:
        stores = ('image.catalog', 'image.glance')
        for module in modules():
            if not module.name.startswith('api.'):
                continue
            with self.case(module.name):
                self.assertEqual([], [
                    imported.module for imported in module.imports
                    if imported.module.startswith(stores)])

    def test_plugin_needs_nothing_but_exceptions_to_be_loaded(self) -> None:
        [plugin] = [module for module in modules()
                    if module.name == 'api.plugin']
        at_once = [node.module for node in plugin.tree.body
                   if isinstance(node, ast.ImportFrom)
                   and str(node.module).startswith(PACKAGE)]
        self.assertEqual([PACKAGE], at_once)


class NamesTest(base.TestCase):

    def test_a_module_is_imported_under_one_name(self) -> None:
        names = collections.defaultdict(set)
        for module in modules():
            for imported in module.imports:
                if imported.module.rpartition('.')[2] not in RESOURCES:
                    names[imported.module].add(imported.name)
        for name, given in names.items():
            with self.case(name):
                self.assertEqual([name], [name, *sorted(given)[1:]])

    def test_a_name_is_that_of_one_module(self) -> None:
        named = collections.defaultdict(set)
        for module in modules():
            for imported in module.imports:
                if not self._mirrors(imported.module):
                    named[imported.name].add(imported.module)
        for name, meant in named.items():
            with self.case(name):
                self.assertEqual([name], [name, *sorted(meant)[1:]])

    def _mirrors(self, module: str) -> bool:
        """Say whether a module is one of several that mirror one another."""
        return module.rpartition('.')[2] in {
            *RESOURCES, 'base', 'policies', 'store'}

    def test_nothing_shadows_an_import(self) -> None:
        for module in modules(with_tests=True):
            with self.case(module.name):
                self.assertEqual([], sorted(
                    _bound_locally(module.tree) & _imported(module.tree)))


class FilesTest(base.TestCase):

    def test_no_file_is_long(self) -> None:
        for path in sorted(ROOT.rglob('*.py')):
            with self.case(str(path.relative_to(ROOT))):
                lines = len(path.read_text().splitlines())
                self.assertLessEqual(lines, MAX_LINES)

    def test_every_case_of_a_loop_has_a_name(self) -> None:
        for module in modules(with_tests=True):
            with self.case(module.name):
                self.assertEqual([], list(_nameless(module.tree, False)))


def _imported(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name.partition('.')[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names}


def _bound_locally(tree: ast.Module) -> set[str]:
    """Return the names that functions bind: arguments and variables."""
    bound = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.arg):
                bound.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(
                    node.ctx, ast.Store):
                bound.add(node.id)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                bound.add(node.name)
    return bound


def _nameless(node: ast.AST, in_loop: bool) -> Iterator[int]:
    """Yield the lines of assertions in loops that name no case."""
    for child in ast.iter_child_nodes(node):
        if in_loop and _is_assertion(child):
            yield child.lineno  # type: ignore[attr-defined]
        elif isinstance(child, ast.For | ast.While):
            yield from _nameless(child, True)
        elif isinstance(child, ast.FunctionDef | ast.Lambda) or (
                _names_a_case(child)):
            yield from _nameless(child, False)
        else:
            yield from _nameless(child, in_loop)


def _is_assertion(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(
        node.func, ast.Attribute) and node.func.attr.startswith('assert')


def _names_a_case(node: ast.AST) -> bool:
    return isinstance(node, ast.With) and any(
        isinstance(item.context_expr, ast.Call)
        and isinstance(item.context_expr.func, ast.Attribute)
        and item.context_expr.func.attr == 'case' for item in node.items)

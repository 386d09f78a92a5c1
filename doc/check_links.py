# SPDX-License-Identifier: Apache-2.0

"""Follows the links between built pages.

Sphinx holds references to be good, but not links that are written as URLs,
such as those from one of our three trees of pages to another.
"""

from html import parser
import pathlib
import sys
from urllib import parse

# What names another resource, by tag.
LINKS = {'a': 'href', 'img': 'src', 'link': 'href', 'script': 'src'}

# os-api-ref's list of contents leads to anchors that its scripts make.
BY_SCRIPT = '-selector'


class Page(parser.HTMLParser):
    """A page's links, and the anchors that others may lead to."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors = {'', 'top'}
        self.feed(path.read_text('utf-8'))

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]],
    ) -> None:
        attributes = dict(attrs)
        for name in ('id', 'name'):
            self.anchors.add(attributes.get(name) or '')
        link = attributes.get(LINKS.get(tag, ''))
        if link:
            self.links.append(link)


def main(top: pathlib.Path) -> int:
    """Print each link that leads nowhere, and return the exit status.

    :param top: the directory of the pages
    """
    pages = {path.resolve(): Page(path) for path in top.rglob('*.html')}
    broken = [
        f'{path.relative_to(top.resolve())}: {link}'
        for path, page in sorted(pages.items()) for link in page.links
        if not link.endswith(BY_SCRIPT)
        and not _leads_somewhere(path, link, pages)]
    print('\n'.join([*broken, f'{len(pages)} pages, '
                              f'{len(broken)} broken links']))
    return 1 if broken or not pages else 0


def _leads_somewhere(
    path: pathlib.Path, link: str, pages: dict[pathlib.Path, Page],
) -> bool:
    url = parse.urlsplit(link)
    if url.scheme or url.netloc:
        # Elsewhere: nothing is asked for over the network.
        return True
    target = path
    if url.path:
        target = (path.parent / parse.unquote(url.path)).resolve()
    if target not in pages:
        return target.is_file()
    return parse.unquote(url.fragment) in pages[target].anchors


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))

# SPDX-License-Identifier: Apache-2.0

"""Checks the links between built pages.

Sphinx checks references, but not links that are written as URLs, such as
links from one of our three documentation trees to another.
"""

from html import parser
import pathlib
import sys
from urllib import parse

# The attribute with the URL, by tag.
LINKS = {'a': 'href', 'img': 'src', 'link': 'href', 'script': 'src'}

# os-api-ref's contents list links to anchors that its scripts create.
BY_SCRIPT = '-selector'


class Page(parser.HTMLParser):
    """The links and the anchors of a page.

    :param path: the HTML file
    """

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
    """Print each broken link, and return the exit status.

    :param top: directory of the built pages
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
        # An external link: make no network requests.
        return True
    target = path
    if url.path:
        target = (path.parent / parse.unquote(url.path)).resolve()
    if target not in pages:
        return target.is_file()
    return parse.unquote(url.fragment) in pages[target].anchors


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))

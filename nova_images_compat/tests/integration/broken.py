# SPDX-License-Identifier: Apache-2.0

"""Broken set-ups of the filter in nova-api."""

from collections.abc import Mapping
import dataclasses

POLICY_FILE = '[oslo_policy]\npolicy_file = {directory}/policy.yaml\n'
CATALOGUE = '[api]\nimage_store = catalog\n[database]\nconnection = '

# The schema of a newer version.
NEWER = (
    'CREATE TABLE nova_images_compat_version (version_num VARCHAR(32)); '
    "INSERT INTO nova_images_compat_version VALUES ('9999')")


@dataclasses.dataclass(frozen=True)
class SetUp:
    """A broken set-up, and its effects.

    "{directory}" stands for the directory of the set-up.

    :ivar told: a text in the CRITICAL log line; empty: there is no such line,
        because the error cannot be found at the start
    :ivar options: the configuration file after nova.conf; None: it is missing
    :ivar files: files in the directory, by name; None: a directory
    :ivar section: options of the filter's section in api-paste.ini
    :ivar mended: files that repair it, like ``files``
    :ivar removed: a file whose removal repairs it; without both, a restart is
        necessary
    :ivar only_writes: whether only writes fail
    :ivar is_unexpected: whether the log has a traceback
    :ivar sql: statements that create a SQLite database, the file "database"
    """

    told: str
    options: str | bytes | None = ''
    files: Mapping[str, str | bytes | None] = dataclasses.field(
        default_factory=dict)
    section: str = ''
    mended: Mapping[str, str | None] = dataclasses.field(
        default_factory=dict)
    removed: str = ''
    only_writes: bool = False
    is_unexpected: bool = False
    sql: str = ''


OPTIONS = 'images.conf'
BY_OPTIONS = {OPTIONS: ''}


def _options(told: str, options: str | bytes | None, sql: str = '') -> SetUp:
    return SetUp(told, options, mended=BY_OPTIONS, sql=sql)


def _policy(text: str | None) -> SetUp:
    return SetUp(
        '[oslo_policy] policy_file {directory}/policy.yaml: ', POLICY_FILE,
        {'policy.yaml': text}, mended={'policy.yaml': '# nothing'})


def _locks(url: str) -> SetUp:
    return SetUp(
        '[coordination] backend_url', f'[coordination]\nbackend_url = {url}\n',
        only_writes=True)


def _import(error: str) -> SetUp:
    return SetUp(
        f'unexpected {error}',
        files={'orjson.py': f'raise {error}("damaged")'}, removed='orjson.py',
        is_unexpected=True)


SET_UPS = {
    'policy: unreadable rule': _policy('"os_compute_api:images:show": "(a"'),
    'policy: unknown rule': _policy(
        '"os_compute_api:images:show": "rule:nowhere"'),
    'policy: reached cycle': _policy(
        '"os_compute_api:image-size": "rule:a"\n'
        '"a": "rule:b"\n"b": "role:x or rule:a"'),
    'policy: no YAML': _policy('a: ['),
    'policy: no mapping': _policy('- a'),
    'policy: directory': _policy(None),
    'policy: bad file in a directory': SetUp(
        '[oslo_policy] policy_file {directory}/policy.d/images.yaml: ',
        '[oslo_policy]\npolicy_dirs = {directory}/policy.d\n',
        {'policy.d': None, 'policy.d/images.yaml': '{{{'},
        mended={'policy.d/images.yaml': '# nothing'}),
    'configuration: missing': _options('{directory}/images.conf', None),
    'configuration: no UTF-8': _options('images.conf', b'[api]\n# \xff\n'),
    'configuration: no section': _options('images.conf', 'max_limit = 1\n'),
    'configuration: no integer': _options(
        '[api] max_limit', '[api]\nmax_limit = many\n'),
    'configuration: no choice': _options(
        '[api] response_validation', '[api]\nresponse_validation = often\n'),
    'configuration: no version': _options(
        '[api] max_version', '[api]\nmax_version = newest\n'),
    'configuration: no day': _options(
        '[api] sunset', '[api]\nsunset = tomorrow\n'),
    'configuration: unknown store': _options(
        '[api] image_store', '[api]\nimage_store = nowhere\n'),
    'section: unknown option': SetUp(
        '[filter:images_compat] config_fil: ', section='config_fil = x'),
    'section: no file': SetUp(
        '[filter:images_compat] config_file: ', section='config_file ='),
    'section: missing directory': SetUp(
        '[filter:images_compat] config_dir: ',
        section='config_dir = {directory}/conf.d', mended={'conf.d': None}),
    'catalogue: missing': _options(
        '[database] connection', CATALOGUE + 'sqlite:///{directory}/none'),
    'catalogue: not migrated': _options(
        'db sync', CATALOGUE + 'sqlite:///{directory}/database',
        'CREATE TABLE a (b INTEGER)'),
    'catalogue: newer': _options(
        'newer', CATALOGUE + 'sqlite:///{directory}/database', NEWER),
    'catalogue: unreachable': _options(
        '[database] connection',
        CATALOGUE + 'mysql+pymysql://a:geheim@127.0.0.1:1/b'),
    'catalogue: unknown database': _options(
        '[database] connection', CATALOGUE + 'nowhere://127.0.0.1/b'),
    'catalogue: missing library': _options(
        '[database] connection', CATALOGUE + 'mysql+nowhere://127.0.0.1/b'),
    'catalogue: no URL': _options(
        '[database] connection', CATALOGUE + 'nonsense'),
    'counts: not migrated': _options(
        '[database] connection', '[usage_counts]\nenabled = true\n'
        '[database]\nconnection = sqlite:///{directory}/none\n'),
    'glance: missing CA': _options(
        '[glance] cafile', '[glance]\ncafile = {directory}/ca.pem\n'),
    'glance: missing certificate': _options(
        '[glance] certfile', '[glance]\ncertfile = {directory}/c.pem\n'),
    'service user: unknown type': _options(
        '[service_user]', '[service_user]\nauth_type = nowhere\n'),
    'library: missing': _import('ImportError'),
    'library: broken': _import('RuntimeError'),
    'locks: unknown backend': _locks('nowhere://127.0.0.1'),
    'locks: missing library': _locks('zookeeper://127.0.0.1'),
    'locks: bad port': _locks('redis://127.0.0.1:99999'),
    'locks: no directory': SetUp(
        '[coordination] backend_url',
        '[coordination]\nbackend_url = file://{directory}/file/locks\n',
        {'file': ''}, removed='file', only_writes=True),
    'locks: state path is a file': SetUp(
        '[coordination] backend_url', '[DEFAULT]\nstate_path = '
        '{directory}/file\n', {'file': ''}, removed='file', only_writes=True),
    'locks: server is down': SetUp(
        '', '[coordination]\nbackend_url = redis://127.0.0.1:1\n'
        'lock_timeout = 2\n', only_writes=True),
}

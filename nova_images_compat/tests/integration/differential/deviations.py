# SPDX-License-Identifier: Apache-2.0

"""Where our answers differ from Nova's on purpose."""

from collections.abc import Callable
import dataclasses
import json

from nova_images_compat.tests.integration.differential import causes
from nova_images_compat.tests.integration.differential import compare

Seen = compare.Seen
Found = compare.Difference


def straighten(nova: Seen, ours: Seen) -> tuple[Seen, list[str]]:
    """Return an answer of Nova's without what is wrong in almost each one,
    so that it can be compared, and the names of these deviations.
    """
    names = []
    for name, mend in (('D5', _single_slash), ('visibility', _visible)):
        mended = mend(nova, ours)
        if mended != nova:
            names.append(name)
            nova = mended
    return nova, names


def _single_slash(nova: Seen, ours: Seen) -> Seen:
    if isinstance(nova.body, str):
        return nova
    text = json.dumps(nova.body)
    return dataclasses.replace(nova, body=json.loads(
        text.replace('{glance}//images', '{glance}/images')))


def _visible(nova: Seen, ours: Seen) -> Seen:
    """Nova makes an image private as it changes its metadata."""
    return dataclasses.replace(nova, images={
        alias: image and ours.images[alias] and {
            **image, 'visibility': ours.images[alias]['visibility']}
        if image and image['visibility'] == 'private' else image
        for alias, image in nova.images.items()})


@dataclasses.dataclass(frozen=True)
class Deviation:
    """A way in which answers differ on purpose.

    :ivar name: its number in the contract's list, or what it is about
    :ivar why: what Nova gets wrong
    :ivar explains: says whether a difference is of this kind
    """

    name: str
    why: str
    explains: Callable[[Found], bool]


def explain(found: Found) -> str | None:
    """Return which deviation a difference is; None if it is none."""
    return next((deviation.name for deviation in DEVIATIONS
                 if deviation.explains(found)), None)


DEVIATIONS = (
    Deviation('D1', 'a key that names an attribute of the image: lost, or '
              '500', causes.names_an_attribute),
    Deviation('D1', 'kernel_id, ramdisk_id "none": not stored',
              causes.is_shy_of_none),
    Deviation('D2', 'a new key with the value of a removed one: 500',
              causes.moves_a_value),
    Deviation('D3', 'property-* filters lose leading letters of the key',
              causes.filters_by_property),
    Deviation('D4', "the API's own status names find nothing",
              causes.filters_by_status),
    Deviation('D6', 'no route: plain text', causes.has_no_route),
    Deviation('D13', 'query string of .../metadata: 500',
              causes.queries_metadata),
    Deviation('D7', 'the image service answers 500: 500',
              causes.finds_glance_failing),
    Deviation('empty', 'an empty changes-since, minRam, minDisk',
              causes.has_empty_filter),
    Deviation('D14', 'minRam, minDisk that are no integer',
              causes.filters_by_no_number),
    Deviation('D16', 'metadata of an imported image: 403',
              causes.replaces_imported),
    Deviation('D12', 'changes-since beyond the calendar: 500',
              causes.overflows_the_calendar),
    Deviation('D17', 'lone surrogates, NaN, Infinity: taken for JSON',
              causes.is_no_json),
    Deviation('text', 'block_device_mapping, mappings that are no JSON: 500 '
              'from then on', causes.holds_text_for_json),
    Deviation('D18', 'NUL in a key, a value, or a filter', causes.holds_nul),
    Deviation('D18', 'a newline at the end', causes.has_newline),
    Deviation('marker', 'parameters within a marker',
              causes.injects_parameters),
    Deviation('/v2', 'malformed keys are dropped, even if no other is left',
              causes.sends_malformed_keys_by_v2),
    Deviation('parameter', "property-* of the image service's parameter",
              causes.filters_by_parameter_of_glance),
    Deviation('refused', 'what the image service refuses: 500',
              causes.is_refused_by_glance),
    Deviation('colon', 'an operator before the colon in a name',
              causes.names_with_a_colon),
    Deviation('attribute', 'property-* of an attribute filters by it',
              causes.filters_by_attribute),
    Deviation('repeated', 'the next link of a repeated parameter',
              causes.repeats_a_parameter),
    Deviation('version', 'a bad microversion of a URL without route: 404',
              causes.asks_for_no_version),
    Deviation('no answer', 'hangs up where the URL is no UTF-8',
              causes.gets_no_answer),
    Deviation('nothing', 'nothing is added by one who may add nothing: 403',
              causes.adds_nothing),
    Deviation('UTF-8', 'a path that is none leads nowhere: 404, whatever else '
              'is wrong', causes.is_no_utf_8),
    Deviation('media type', 'a version named by the media type alone, and not '
              'in the URL', causes.names_version_by_media_type),
    Deviation('media type', 'JSON that is called Atom, or goes by a suffix',
              causes.calls_json_otherwise),
    Deviation('..', 'steps in the path are followed', causes.climbs),
    Deviation('D21', 'body too large: plain text', causes.is_too_large),
)

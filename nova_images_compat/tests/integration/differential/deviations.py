# SPDX-License-Identifier: Apache-2.0

"""The known deviations: responses that intentionally differ from Nova's."""

from collections.abc import Callable
import dataclasses
import json

from nova_images_compat.tests.integration.differential import causes
from nova_images_compat.tests.integration.differential import compare

Seen = compare.Seen
Found = compare.Difference


def straighten(nova: Seen, ours: Seen) -> tuple[Seen, list[str]]:
    """Remove deviations that almost all responses have.

    :returns: Nova's response without them, and their names
    """
    names = []
    for name, mend in (('D5', _single_slash), ('D22', _visible)):
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
    """Nova makes an image private when it changes its metadata."""
    return dataclasses.replace(nova, images={
        alias: image and ours.images[alias] and {
            **image, 'visibility': ours.images[alias]['visibility']}
        if image and image['visibility'] == 'private' else image
        for alias, image in nova.images.items()})


@dataclasses.dataclass(frozen=True)
class Deviation:
    """An intended difference.

    :ivar name: its number in the contract and in the documentation
    :ivar why: what Nova does
    :ivar explains: returns whether a difference is this deviation
    """

    name: str
    why: str
    explains: Callable[[Found], bool]


def explain(found: Found) -> str | None:
    """Return the name of a known deviation; None: it is not known."""
    return next((deviation.name for deviation in DEVIATIONS
                 if deviation.explains(found)), None)


DEVIATIONS = (
    Deviation('D1', 'a key with the name of an image attribute: lost, or '
              '500', causes.names_an_attribute),
    Deviation('D1', 'kernel_id or ramdisk_id "none": not stored',
              causes.drops_none),
    Deviation('D2', 'a new key with the value of a removed one: 500',
              causes.moves_a_value),
    Deviation('D3', 'a property-* filter: loses leading letters of the key',
              causes.filters_by_property),
    Deviation('D4', "a filter by the API's own status names: no images",
              causes.filters_by_status),
    Deviation('D6', 'no route: plain text', causes.has_no_route),
    Deviation('D13', 'a query string of .../metadata: 500',
              causes.queries_metadata),
    Deviation('D7', 'the image service answers 500: 500',
              causes.finds_glance_failing),
    Deviation('D27', 'an empty changes-since, minRam or minDisk: not always '
              '400',
              causes.has_empty_filter),
    Deviation('D14', 'a minRam or minDisk that is not an integer: not always '
              '400',
              causes.filters_by_invalid_number),
    Deviation('D16', 'metadata of an imported image: 403',
              causes.replaces_imported),
    Deviation('D12', 'changes-since outside the calendar: 500',
              causes.overflows_the_calendar),
    Deviation('D17', 'lone surrogates, NaN, Infinity: accepted as JSON',
              causes.is_invalid_json),
    Deviation('D25', 'block_device_mapping or mappings that are not JSON: '
              '500 from then on', causes.holds_text_for_json),
    Deviation('D18', 'NUL in a key, a value, or a filter: accepted',
              causes.holds_nul),
    Deviation('D18', 'a newline at the end: not always 400',
              causes.has_newline),
    Deviation('D31', 'parameters in a marker: passed on to Glance',
              causes.injects_parameters),
    Deviation('D26', 'only malformed keys: stored',
              causes.sends_malformed_keys_by_v2),
    Deviation('D29', "property-* with the name of a parameter of Glance",
              causes.filters_by_parameter_of_glance),
    Deviation('D24', 'rejected by the image service: 500',
              causes.is_rejected_by_glance),
    Deviation('D30', 'a name with a colon: an operator of Glance',
              causes.names_with_a_colon),
    Deviation('D28', 'property-* with the name of an attribute: filters '
              'by the attribute',
              causes.filters_by_attribute),
    Deviation('D32', 'a repeated parameter: another next link',
              causes.repeats_a_parameter),
    Deviation('D33', 'an invalid microversion without a route: 404',
              causes.asks_for_invalid_version),
    Deviation('D34', 'a URL that is not UTF-8: closes the connection',
              causes.gets_no_answer),
    Deviation('D23', 'nothing to add, by a user without permission: 403',
              causes.adds_nothing),
    Deviation('D35', 'a path that is not UTF-8: not always 404',
              causes.is_invalid_utf_8),
    Deviation('D36', 'a version in the media type only: accepted',
              causes.names_version_by_media_type),
    Deviation('D37', 'JSON with the media type of Atom, or by a suffix',
              causes.has_other_media_type),
    Deviation('D38', '".." in the path: followed', causes.has_dot_segments),
    Deviation('D21', 'a too large body: plain text', causes.is_too_large),
)

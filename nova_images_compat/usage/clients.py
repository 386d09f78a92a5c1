# SPDX-License-Identifier: Apache-2.0

"""The clients that are known to call the images API: how to recognise them by
their user agent, and what to change in each to call the Image service.

The advice is from the clients' own documentation, or from their source where
the documentation is silent.
"""

import dataclasses

# Not clients, but shown in their place.
NO_AGENT = 'no user agent'
NOT_RECOGNISED = 'not recognised'

_API_REF = 'https://docs.openstack.org/api-ref/image/v2/'
_HTTP = (
    'Send GET /v2/images to the endpoint of the service "image" in the '
    'catalogue, instead of GET /images to that of "compute". The names of '
    'some attributes differ.')


@dataclasses.dataclass(frozen=True, slots=True)
class Client:
    """A known client.

    :ivar name: its name
    :ivar markers: of which one begins a word of each of its user agents
    :ivar advice: what to change
    :ivar source: the URL that the advice is from
    """

    name: str
    markers: tuple[str, ...]
    advice: str
    source: str


# The first that matches counts: tools come before the libraries that they use,
# and these before the HTTP libraries.
CLIENTS = (
    Client(
        'Terraform', ('Terraform/',),
        'Upgrade the OpenStack provider to version 2.0 or later. It looks up '
        'images in the Image service.',
        'https://github.com/terraform-provider-openstack/'
        'terraform-provider-openstack/pull/1615'),
    Client(
        'Packer', ('Packer/', 'packer-plugin-openstack/'),
        'Upgrade to Packer 1.4 or later. It uses the Image service.',
        'https://github.com/hashicorp/packer/pull/7038'),
    Client(
        'libcloud', ('libcloud/',),
        "Pass api_version='2.2' to the driver. list_images() and get_image() "
        'then use the Image service. delete_image() does not, up to libcloud '
        '3.9: delete images with another client.',
        'https://libcloud.readthedocs.io/en/stable/compute/drivers/'
        'openstack.html'),
    Client(
        'gophercloud', ('gophercloud/',),
        'Import openstack/image/v2/images (in version 1: '
        'openstack/imageservice/v2/images) instead of '
        'openstack/compute/v2/images.',
        'https://pkg.go.dev/github.com/gophercloud/gophercloud/v2/openstack/'
        'image/v2/images'),
    Client(
        'fog', ('fog-core/', 'fog/'),
        'Use the images of Fog::OpenStack::Image instead of those of '
        'Fog::OpenStack::Compute.',
        'https://www.rubydoc.info/gems/fog-openstack'),
    Client(
        'OpenStackClient', ('python-openstackclient', 'openstackclient/'),
        'Use "openstack image list", "show", "set", "unset" and "delete" of '
        'a current version. They use the Image service.',
        'https://docs.openstack.org/python-openstackclient/latest/cli/'
        'command-objects/image-v2.html'),
    Client(
        'novaclient', ('python-novaclient',),
        'Use "openstack image list" instead of "nova image-list", and '
        'openstacksdk instead of the images of novaclient, which current '
        'versions do not have.',
        'https://docs.openstack.org/python-novaclient/7.1.1/ref/v2/'
        'images.html'),
    Client(
        'openstacksdk', ('openstacksdk/',),
        'Call conn.image.images(), get_image(), update_image() and '
        'delete_image() of conn.image instead of the methods for images of '
        'conn.compute.',
        'https://docs.openstack.org/openstacksdk/latest/user/guides/'
        'image.html'),
    Client(
        'jclouds', ('jclouds/',),
        'Its openstack-glance API is version 1, which the Image service no '
        'longer has. Instead of ImageApi of NovaApi, call GET /v2/images of '
        'the Image service with another client.',
        'https://jclouds.apache.org/guides/openstack/'),
    Client(
        'pkgcloud', ('nodejs-pkgcloud/',),
        'It does not support the Image service. Instead of getImages() of '
        'the compute client, call GET /v2/images of the Image service with '
        'another client.',
        'https://github.com/pkgcloud/pkgcloud/blob/master/docs/providers/'
        'openstack/compute.md'),
    Client(
        'OpenStack4j', ('OpenStack4j',),
        'Call os.imagesV2() instead of os.compute().images().',
        'https://openstack4j.github.io/learn/image-v2/'),
    Client('keystoneauth', ('keystoneauth1/',), _HTTP, _API_REF),
    Client('curl', ('curl/', 'libcurl/'), _HTTP, _API_REF),
    Client('requests', ('python-requests/',), _HTTP, _API_REF),
    Client(
        'HTTP library',
        ('Wget/', 'Python-urllib/', 'python-urllib3/', 'python-httpx/',
         'aiohttp/', 'Go-http-client/', 'okhttp/', 'Apache-HttpClient/',
         'Java/', 'axios/', 'node-fetch', 'Faraday ', 'excon/',
         'GuzzleHttp/'), _HTTP, _API_REF),
)


def recognise(user_agent: str) -> Client | None:
    """Return the client that a user agent is of, or None."""
    for client in CLIENTS:
        if any(f' {marker}' in f' {user_agent}'
               for marker in client.markers):
            return client
    return None


def find(name: str) -> Client | None:
    """Return the client of this name, or None."""
    return next((client for client in CLIENTS if client.name == name), None)

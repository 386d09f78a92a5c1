# SPDX-License-Identifier: Apache-2.0

"""Tests of recognising clients."""

from nova_images_compat.tests import base
from nova_images_compat.usage import clients


class RecogniseTest(base.TestCase):

    def test_user_agents(self) -> None:
        """The user agents are those that the clients' sources make."""
        for agent, name in (
                ('libcloud/3.9.1 (OpenStack) ', 'libcloud'),
                ('gophercloud/2.0.0', 'gophercloud'),
                ('app/1 gophercloud/v2.9.0', 'gophercloud'),
                ('HashiCorp Terraform/1.9.0 (+https://www.terraform.io) '
                 'Terraform Plugin SDK/2.36.0 gophercloud/v2.4.0',
                 'Terraform'),
                ('fog/2.3.0 fog-core/2.5.0', 'fog'),
                ('fog-core/2.5.0', 'fog'),
                ('openstacksdk/4.22.0 keystoneauth1/5.18.1 '
                 'python-requests/2.34.2 CPython/3.11.7', 'openstacksdk'),
                ('python-novaclient', 'novaclient'),
                ('python-openstackclient keystoneauth1/5.18.1',
                 'OpenStackClient'),
                ('jclouds/2.5.0 java/17.0.1', 'jclouds'),
                ('my-app/1.2.3 nodejs-pkgcloud/2.2.0', 'pkgcloud'),
                ('OpenStack4j / OpenStack Client', 'OpenStack4j'),
                ('check keystoneauth1/5.18.1 python-requests/2.34.2 '
                 'CPython/3.11.7', 'keystoneauth'),
                ('curl/8.5.0', 'curl'),
                ('python-requests/2.31.0', 'requests'),
                ('Go-http-client/1.1', 'HTTP library')):
            with self.case(agent):
                found = clients.recognise(agent)
                self.assertEqual(name, found and found.name)

    def test_what_is_no_known_client(self) -> None:
        for agent in ('', 'other', 'client', 'Libcloud/1', 'curl'):
            with self.case(agent):
                self.assertIsNone(clients.recognise(agent))

    def test_each_has_a_name_and_a_source_of_its_advice(self) -> None:
        names = [client.name for client in clients.CLIENTS]
        self.assertEqual(sorted(set(names)), sorted(names))
        for client in clients.CLIENTS:
            with self.case(client.name):
                self.assertIs(client, clients.find(client.name))
                self.assertTrue(client.source.startswith('https://'))
                self.assertTrue(client.advice.endswith('.'))
        self.assertIsNone(clients.find(clients.NOT_RECOGNISED))

# SPDX-License-Identifier: Apache-2.0

"""Tests of user agents without their versions."""

from nova_images_compat.tests import base
from nova_images_compat.usage import agents


class WithoutVersionsTest(base.TestCase):

    def test_versions_are_replaced(self) -> None:
        for agent, expected in (
                ('myapp/1.2.3 build 8812', 'myapp/* build *'),
                ('libcloud/3.9.1 (OpenStack)', 'libcloud/* (OpenStack)'),
                ('openstacksdk/4.22.0 keystoneauth1/5.18.1 CPython/3.11.7',
                 'openstacksdk/* keystoneauth1/* CPython/*'),
                ('tool v1.2-rc1', 'tool *'), ('tool V2', 'tool *'),
                ('ci/1.0+git.9f8e (abcdef12)', 'ci/* (*)'),
                ('job 9b2d7c9e-1c1e-4a9e-b4d0-8a5b1c2d3e4f', 'job *'),
                ('vm12 urllib3 defaced', 'vm12 urllib3 defaced'),
                ('', ''), ('7', '*')):
            with self.case(agent):
                self.assertEqual(expected, agents.without_versions(agent))

    def test_user_agent_of_a_client(self) -> None:
        for agent, expected in (
                ('libcloud/3.9.1 (OpenStack)', 'libcloud/*'),
                ('python-novaclient', 'python-novaclient/*'),
                ('myapp/1', None), ('', None)):
            with self.case(agent):
                self.assertEqual(expected, agents.of_client(agent))

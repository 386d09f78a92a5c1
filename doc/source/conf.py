# SPDX-License-Identifier: Apache-2.0

"""How Sphinx builds the documentation."""

import os
import sys

sys.path.insert(0, os.path.abspath('_ext'))

project = 'nova-images-compat'
copyright = 'nova-images-compat contributors'

extensions = [
    'openstackdocstheme',
    'oslo_config.sphinxconfiggen',
    'oslo_config.sphinxext',
    'oslo_policy.sphinxext',
    'oslo_policy.sphinxpolicygen',
    'sphinxarg.ext',
]

root_doc = 'index'

# Every role must find what it refers to.
nitpicky = True

# Options are written with two hyphens, and quoted as they are typed.
smartquotes = False

# The samples are made anew by each build.
config_generator_config_file = (
    '../../etc/nova-images-compat/config-generator.conf')
sample_config_basename = '_samples/nova-images-compat'
policy_generator_config_file = (
    '../../etc/nova-images-compat/policy-generator.conf')
sample_policy_basename = '_samples/nova-images-compat'

html_theme = 'openstackdocs'
html_theme_options = {
    'analytics_tracking_code': '',
    'display_badge': False,
    'root_title': project,
    'sidebar_mode': 'toctree',
    'sidebar_search': True,
}
html_static_path = ['_static']
html_css_files = ['pages.css']
html_copy_source = False
html_extra_path = ['../openapi.json']
pygments_style = 'native'

openstackdocs_auto_name = False
openstackdocs_repo_name = 'nova-images-compat'
openstackdocs_pdf_link = False

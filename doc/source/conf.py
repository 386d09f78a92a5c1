# SPDX-License-Identifier: Apache-2.0

"""Sphinx configuration of the documentation."""

import os
import sys

sys.path.insert(0, os.path.abspath('_ext'))

project = 'nova-images-compat'
copyright = 'nova-images-compat contributors'

extensions = [
    'client_table',
    'openstackdocstheme',
    'oslo_config.sphinxconfiggen',
    'oslo_config.sphinxext',
    'oslo_policy.sphinxext',
    'oslo_policy.sphinxpolicygen',
    'sphinxarg.ext',
]

root_doc = 'index'

# Warn about every reference that has no target.
nitpicky = True

# Show "--option" and quotes exactly as users must type them.
smartquotes = False

# Each build generates the samples again.
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
html_js_files = ['pages.js']
html_copy_source = False
html_extra_path = ['../openapi.json']
pygments_style = 'native'

openstackdocs_auto_name = False
openstackdocs_repo_name = 'nova-images-compat'
openstackdocs_pdf_link = False

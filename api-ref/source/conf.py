# SPDX-License-Identifier: Apache-2.0

"""Sphinx configuration of the API reference: ``tox -e api-ref``."""

project = 'Images of OpenStack Compute'
copyright = 'nova-images-compat contributors'

extensions = ['openstackdocstheme', 'os_api_ref']

html_theme = 'openstackdocs'
html_theme_options = {'sidebar_mode': 'toc'}
html_static_path = ['../../doc/source/_static']
html_css_files = ['pages.css']
html_js_files = ['pages.js']

openstackdocs_auto_name = False
openstackdocs_auto_version = False

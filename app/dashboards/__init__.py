"""Dashboards (看板): the home of every role and read-only figures, built from the api of the other packages."""

"""Prometheus metrics of a spool folder."""

__version__ = "0.1.0"

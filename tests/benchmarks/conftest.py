"""Benchmarks are scripts: run by hand, and never collected as tests."""

collect_ignore_glob = ["*.py"]

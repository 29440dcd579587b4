"""Measure against labelled data: metrics and the evaluations, one file each."""

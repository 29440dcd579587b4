"""A finished build for other tools: one module a format, from the build's files, without a graph server."""

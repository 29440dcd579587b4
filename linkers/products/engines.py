"""The compiled libraries behind linking products, loaded when first needed; none of them has usable types."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["faiss", "learn", "minimize", "sparse", "top_products"]


def sparse() -> Any:  # noqa: ANN401
    """Return scipy's sparse matrices."""
    return importlib.import_module("scipy.sparse")


def top_products(left: Any, right: Any, count: int) -> Any:  # noqa: ANN401
    """Return the ``count`` largest entries of each row of ``left @ right`` as a sparse matrix."""
    return importlib.import_module("sparse_dot_topn").sp_matmul_topn(left, right, top_n=count)


def faiss() -> Any:  # noqa: ANN401
    """Return faiss. Searches never go through its BLAS path: there, a batch has other bits than one query alone."""
    library = importlib.import_module("faiss")
    library.cvar.distance_compute_blas_threshold = 1 << 30
    return library


def learn(module: str) -> Any:  # noqa: ANN401
    """Return a module of scikit-learn."""
    return importlib.import_module(f"sklearn.{module}")


def minimize(*args: Any, **options: Any) -> Any:  # noqa: ANN401
    """Call scipy's minimiser."""
    return importlib.import_module("scipy.optimize").minimize(*args, **options)

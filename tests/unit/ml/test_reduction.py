import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import TruncatedSVD

from worker.ml.reduction import shortened


def units(n: int, d: int, seed: int = 0) -> np.ndarray:
    made = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    made[:, : d // 3] *= 4
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_products_are_those_of_scikit_learns_truncated_decomposition() -> None:
    vectors = units(200, 24)
    theirs = TruncatedSVD(n_components=6, algorithm="arpack", random_state=0).fit_transform(vectors)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    ours = shortened(vectors, 6)
    assert ours.shape == (200, 6)
    assert np.allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 30), d=st.integers(1, 12), seed=st.integers(0, 9))
def test_where_nothing_has_to_go_all_products_stay(n: int, d: int, seed: int) -> None:
    vectors = units(n, d, seed)
    ours = shortened(vectors, 12)
    assert ours.shape == (n, d)
    assert np.allclose(ours @ ours.T, vectors @ vectors.T, atol=1e-4)


def test_the_same_vectors_give_the_same_numbers_and_zeros_stay_zero() -> None:
    vectors = units(40, 10)
    vectors[3] = 0
    ours = shortened(vectors, 4)
    assert (ours == shortened(vectors, 4)).all()
    assert not ours[3].any()
    assert np.allclose(np.delete(np.linalg.norm(ours, axis=1), 3), 1, atol=1e-6)


def test_no_images_give_no_vectors() -> None:
    assert shortened(np.zeros((0, 0), dtype=np.float32), 64).shape == (0, 0)

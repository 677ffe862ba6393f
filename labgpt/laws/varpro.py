"""Variable projection: given the exponents a law is linear, so only they are searched for.

E and the coefficients come from non-negative least squares inside a search over the exponents (Golub & Pereyra 1973;
for scaling laws Czech et al. 2026, arXiv 2603.22339). The residuals are those of the loss itself, not of its logarithm.
"""
import numpy as np


def solve(x: np.ndarray, y: np.ndarray, weights: np.ndarray, starts: np.ndarray,
          edges: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """theta (R, P) and the sum of squared residuals (R,) for each row of weights (R, n).

    x (n, K, P): features as `Law` makes them; y (n,); starts (G, P), of which each resample takes the best two.
    """
    from scipy.optimize import minimize, nnls

    k = x.shape[2] - x.shape[1]
    slopes = x[:, :, -k:]

    def project(alphas, root):
        return nnls(np.exp(slopes @ alphas) * root[:, None], y * root)

    def loss(alphas, root):
        outside = np.abs(alphas - np.clip(alphas, *edges)).sum()
        return (project(np.clip(alphas, *edges), root)[1] * (1 + outside)) ** 2

    thetas, values = [], []
    for root in np.sqrt(weights):
        first = sorted((loss(s, root), *s) for s in starts[:, -k:])[:2]
        found = min((minimize(loss, s[1:], (root,), method="Nelder-Mead",
                              options={"xatol": 1e-9, "fatol": 1e-14 * s[0], "maxfev": 600}) for s in first),
                    key=lambda result: result.fun)
        alphas = np.clip(found.x, *edges)
        scale = np.maximum(project(alphas, root)[0], 1e-7 * y.min())
        thetas.append([*np.log(scale), *alphas])
        values.append(found.fun)
    return np.array(thetas), np.array(values)

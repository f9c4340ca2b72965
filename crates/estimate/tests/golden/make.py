"""Golden files for the fitted engine, from the dense reference of the estimator.

    python make.py [path/to/lgm.py]

needs numpy and scipy, and the reference (by default `shared/oracle/lgm.py` beside the repository). The data are
invented here, from fixed seeds. Each case is one JSON file: what the stage is told, and what the reference answers
at fixed scales. Judge a change by eye before committing it.
"""
import importlib.util
import json
import pathlib
import sys

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.special import expit

HERE = pathlib.Path(__file__).resolve().parent
SHARED = HERE.parents[3].parent / "shared" / "oracle" / "lgm.py"


def load_reference(path):
    spec = importlib.util.spec_from_file_location("lgm", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = load_reference(sys.argv[1] if len(sys.argv) > 1 else SHARED)


class Settled(reference.LGM):
    """The reference at the scales it is given (or at its prior means), with Newton's method run to the end.

    The reference stops when no f moves by 1e-5 and keeps the curvatures of the step before; started again from its
    own mode it ends within rounding of it.
    """

    def fit(self, obs, y, n, opt=True, h0=None, maxiter=60, **bias):
        h0 = h0 or {name: self.prior[name][0] for name in self.hn}
        super().fit(obs, y, n, h0=h0, opt=False, **bias)
        for _ in range(3):
            self.ev, self.f, self.al, self.L, self.sw = self.laplace(self.h, self.f)
        return self


def use_kernel(model, kernel):
    """Hands a dense spatial kernel to the reference."""
    model.sp = lambda rows, columns: kernel[np.ix_(rows, columns)]
    model.spdiag = np.diag(kernel)
    model.spmul = lambda weights: kernel @ weights
    return model


def bym2_kernel(leaves, edges):
    """Scaled ICAR covariance: per component the pseudo-inverse of the Laplacian over the geometric mean of its
    diagonal; 1 for an area without neighbours."""
    laplacian = np.zeros((leaves, leaves))
    for a, b in edges:
        laplacian[[a, b], [a, b]] += 1
        laplacian[[a, b], [b, a]] -= 1
    _, component = connected_components(laplacian != 0)
    kernel = np.zeros((leaves, leaves))
    for c in np.unique(component):
        rows = np.flatnonzero(component == c)
        if len(rows) == 1:
            kernel[rows[0], rows[0]] = 1.0
            continue
        inverse = np.linalg.pinv(laplacian[np.ix_(rows, rows)], hermitian=True)
        kernel[np.ix_(rows, rows)] = inverse / np.exp(np.log(np.diag(inverse)).mean())
    return kernel


def case(name, seed, cities, quarters, stations, columns, edges=None, bias=None, mixture=False, loose=0):
    """One case: `cities` × `quarters` × `stations` leaves and `loose` leaves right under the cities' level."""
    rng = np.random.default_rng(seed)
    bias = bias or dict(b0=0.0, sb=0.0, tau=0.0)
    city_of_quarter = np.repeat(np.arange(cities), quarters)
    quarter_of_station = np.repeat(np.arange(cities * quarters), stations)
    # A loose leaf is a quarter without stations. Leaves in node order: loose quarters first, then stations.
    loose_city = np.arange(loose) % cities
    city = np.concatenate([loose_city, city_of_quarter[quarter_of_station]]).astype(int)
    quarter = np.concatenate([cities * quarters + np.arange(loose), quarter_of_station]).astype(int)
    leaves = len(city)
    offset = rng.normal(0, 0.7, leaves)
    covariates = rng.normal(0, 1, (leaves, columns))
    # Two groups where there are two columns or more: the first column, and the rest.
    groups = [0] + [1] * (columns - 1) if columns > 1 and not mixture else [0] * columns
    scales = dict(city=np.log(0.25), quarter=np.log(0.18), leaf=np.log(0.22), slope=[np.log(0.11), np.log(0.06)])
    phi = 0.4 if edges is not None else None
    truth = offset + 0.1 + 0.2 * rng.normal(size=cities)[city] + 0.2 * rng.normal(size=leaves)
    visited = np.sort(rng.choice(leaves, size=leaves * 2 // 3, replace=False))
    asked = rng.integers(1, 60, len(visited)).astype(float)
    yes = rng.binomial(asked.astype(int), expit(truth[visited] + bias["b0"])).astype(float)
    weights = rng.integers(50, 900, leaves).astype(float)

    def make():
        prior = dict(city=(scales["city"], 0.8), quarter=(scales["quarter"], 1.0))
        own, own_sd = scales["leaf"], 0.8
        if phi is not None:
            # Here two scales, in the engine one scale and phi: the two priors of a common shift must weigh as one.
            own_sd *= 2 ** 0.5
            prior["sp"] = (own + 0.5 * np.log(phi), own_sd)
            own = own + 0.5 * np.log(1 - phi)
        prior["iid"] = (own, own_sd)
        if mixture:
            prior["z"] = (scales["slope"][0], 0.8)
        sz = None if mixture else np.array([np.exp(scales["slope"][g]) for g in groups])
        model = Settled(offset, Z=covariates, groups=dict(city=city, quarter=quarter), sz=sz, s0=0.3,
                        sp=True if phi is not None else None, prior=prior)
        return use_kernel(model, bym2_kernel(leaves, edges)) if phi is not None else model

    some = city == 0
    totals = [dict(leaves=np.arange(leaves), share=float(expit(truth) @ weights / weights.sum() + 0.03), se=0.02),
              dict(leaves=np.flatnonzero(some), share=0.55, se=0.0)]
    told = dict(
        city_of_quarter=[int(c) for c in city_of_quarter] + [int(c) for c in loose_city],
        quarter_of_station=[int(q) for q in quarter_of_station], cities=cities, offset=list(offset),
        covariates=[list(column) for column in covariates.T], groups=groups, tallies=[
            [int(leaf), y, n] for leaf, y, n in zip(visited, yes, asked)], weights=list(weights),
        bias=[bias["b0"], bias["sb"], bias["tau"]], sigma_mu=0.3, level=[scales["city"], scales["quarter"], scales["leaf"]],
        slope=scales["slope"][: max(groups) + 1 if groups else 0], phi=phi,
        edges=[[int(a), int(b)] for a, b in edges] if edges is not None else [],
        totals=[dict(leaves=[int(leaf) for leaf in t["leaves"]], share=t["share"], se=t["se"]) for t in totals])

    def meet(model):
        # The most certain first.
        for total in sorted(totals, key=lambda total: total["se"]):
            w = np.zeros(leaves)
            w[total["leaves"]] = weights[total["leaves"]]
            model.benchmark(w / w.sum(), total["share"], total["se"], iters=30)

    if mixture:
        mix = reference.Mix(make, visited, yes, asked, bias)
        answers = dict(mean=list(mix.m), variance=list(mix.v), components=list(mix.wt))
    else:
        model = make().fit(visited, yes, asked, **bias)
        model.predict()
        answers = dict(evidence=float(model.ev), mean=list(model.m), variance=list(model.v))
        g = weights / weights.sum()
        answers["covariance_times_weights"] = list(model.Sg(g))
        meet(model)
        answers["met_mean"], answers["met_variance"] = list(model.m), list(model.v)
    text = json.dumps(dict(told=told, answers=answers))
    (HERE / f"{name}.json").write_text(text.replace('], "', '],\n "') + "\n")
    print(f"{name}: {leaves} leaves, {len(visited)} visited")


def lattice(rows, columns, shift=0):
    """Neighbours on a grid, numbered row by row from `shift`."""
    at = lambda r, c: shift + r * columns + c
    right = [(at(r, c), at(r, c + 1)) for r in range(rows) for c in range(columns - 1)]
    down = [(at(r, c), at(r + 1, c)) for r in range(rows - 1) for c in range(columns)]
    return right + down


BIAS = dict(b0=0.1, sb=0.15, tau=0.1)
case("tree", 11, 4, 3, 4, 3, bias=BIAS, loose=2)
case("plain", 12, 3, 2, 5, 0)
case("mixture", 13, 4, 3, 3, 2, bias=BIAS, mixture=True)
# A grid, a chain apart from it, and two areas without neighbours.
ISLANDS = lattice(5, 7) + [(36, 37), (37, 38), (38, 39), (39, 36), (39, 40)]
case("neighbours", 14, 3, 3, 5, 2, edges=lattice(5, 9), bias=BIAS)
case("islands", 15, 3, 2, 7, 3, edges=ISLANDS, bias=BIAS)
case("neighbours_mixture", 16, 3, 3, 4, 2, edges=lattice(6, 6), bias=BIAS, mixture=True)

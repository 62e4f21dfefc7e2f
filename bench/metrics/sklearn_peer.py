"""The peer of bench/metrics.ts: NumPy and scikit-learn on arrays that the bench wrote. Prints one JSON line.
Usage: sklearn_peer.py gram|svm|pls|softmax FOLDER COUNT (folds or splits that are done)"""
import json, os, resource, sys, time
import numpy as np, sklearn
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

job, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
X, Y, fold = (np.load(os.path.join(folder, name + '.npy')) for name in ('x', 'y', 'fold'))
fold = fold.astype(int)
note, solver, value = '', None, []
if job == 'gram':
    X = X.astype(float)  # ours sums in f64 too; the conversion is not timed
rows = len(X) if job == 'gram' else 64
X[:rows] @ X[:rows].T  # starts the BLAS threads; a Gram matrix is made once before it is timed, as ours is
cpu = time.process_time()
for k in range(count):
    test, train = fold == k, fold != k
    if job == 'gram':
        G = X @ X.T
        value = [[G[0, 0], G[0, 1], G[-1, -2]]]
    elif job == 'svm':
        scaler = StandardScaler().fit(X[train])
        model = LinearSVC(loss='hinge', C=1e-3, dual=True, tol=1e-3, max_iter=100000, random_state=0)
        model.fit(scaler.transform(X[train]), Y[train].astype(int))
        value = value or [model.predict(scaler.transform(X[test])).tolist()]
    elif job == 'pls':
        model = PLSRegression(n_components=25, scale=False).fit(X[train].astype(float), Y[train])
        value = value or model.predict(X[test].astype(float))[:5].tolist() + [list(map(int, model.n_iter_))]
    else:
        scaler = StandardScaler().fit(X[train])
        Z = scaler.transform(X[train].astype(float))
        begin = time.process_time()
        # lbfgs stops by the change of the objective, far from the optimum: newton-cg is the reference.
        model = LogisticRegression(C=1 / (.463 * train.sum()), solver='newton-cg', tol=1e-7, max_iter=1000)
        model.fit(Z, Y[train].astype(int))
        solver = time.process_time() - begin
        value = model.predict_proba(scaler.transform(X[test].astype(float)))[:5].tolist()
print(json.dumps({'cpu': (time.process_time() - cpu) / count, 'solver': solver, 'note': note, 'value': value,
                  'rssMb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
                  'versions': f'scikit-learn {sklearn.__version__}, numpy {np.__version__}'}))

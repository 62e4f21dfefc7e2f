"""The peer of bench/metrics.ts: scikit-learn on arrays that the bench wrote. Prints one JSON line.
Usage: sklearn_peer.py svm X.npy y.npy folds.npy FOLDS | pls X.npy Y.npy splits.npy SPLITS"""
import json, sys, time
import numpy as np, sklearn
from sklearn.cross_decomposition import PLSRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

job, x_path, y_path, split_path, count = sys.argv[1:6]
X, Y, split, count = np.load(x_path), np.load(y_path), np.load(split_path).astype(int), int(count)
cpu, wall, outputs = time.process_time(), time.perf_counter(), []
for k in range(count):
    test, train = split == k, split != k
    if job == 'svm':
        scaler = StandardScaler().fit(X[train])
        model = LinearSVC(loss='hinge', C=1e-3, dual=True, tol=1e-3, max_iter=100000, random_state=0)
        model.fit(scaler.transform(X[train]), Y[train].astype(int))
        outputs.append(model.predict(scaler.transform(X[test])).tolist())
    else:
        model = PLSRegression(n_components=25, scale=False).fit(X[train].astype(float), Y[train])
        outputs.append(model.predict(X[test].astype(float))[:5].tolist())
print(json.dumps({'cpu': (time.process_time() - cpu) / count, 'wall': (time.perf_counter() - wall) / count,
                  'version': sklearn.__version__, 'numpy': np.__version__, 'outputs': outputs}))

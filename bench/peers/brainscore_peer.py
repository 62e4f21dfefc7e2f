"""The peer of bench/ost-correlation.ts: Brain-Score's own OSTCorrelation on arrays that the bench wrote. Prints one JSON line.
Usage: brainscore_peer.py X.npy [bin][image][feature] labels.npy thresholds.npy targets.npy starts.npy
Install: pip install --no-deps brainscore-vision==2.4.2 brainscore-core==2.5.0; pip install tensorflow-cpu==2.15.1 'numpy<2'
'pandas<3' 'xarray<2022.6' 'scikit-learn<1.6' scipy tqdm netCDF4 'PyYAML<7' Pillow requests boto3 fire peewee pybtex
psycopg2-binary h5py 'importlib-metadata<5' result-caching gitpython networkx psutil (Python 3.11; torch is not needed).
Nothing is replaced: two wrappers note the OSTs and TensorFlow's first weights, so that both sides can begin alike."""
import json, os, sys, time, warnings
from importlib.metadata import version

os.environ.update(BS_INSTALL_DEPENDENCIES='no', TF_CPP_MIN_LOG_LEVEL='3', TQDM_DISABLE='1')
warnings.filterwarnings('ignore')
import numpy as np
import tensorflow as tf
from brainscore_core.supported_data_standards.brainio.assemblies import DataAssembly, NeuroidAssembly
from brainscore_vision import load_metric
from brainscore_vision.metrics.ost.metric import OSTCorrelation, TFProbabilitiesClassifier

X, labels, thresholds, targets, starts = (np.load(path) for path in sys.argv[1:6])
ids = [f'image{i:05d}' for i in range(X.shape[1])]
names = [f'object{int(c):02d}' for c in labels]
images = {name: ('presentation', values) for name, values in (('stimulus_id', ids), ('image_label', names), ('truth', names))}
source = NeuroidAssembly(X, dims=('time_bin', 'presentation', 'neuroid'), coords={
    **images, 'neuroid_id': ('neuroid', np.arange(X.shape[2])), 'layer': ('neuroid', ['IT'] * X.shape[2]),
    'time_bin_start': ('time_bin', starts.astype(int)), 'time_bin_end': ('time_bin', starts.astype(int) + 10)})
target = DataAssembly(targets.astype(float), dims=['presentation'], coords={
    **images, 'i1': ('presentation', thresholds.astype(float))})

osts, weights = [], []
compute_osts, init_mapper = OSTCorrelation.compute_osts, TFProbabilitiesClassifier._init_mapper


def noted_osts(self, *args):
    osts.append(compute_osts(self, *args))
    return osts[-1]


def noted_weights(self, *args):
    init_mapper(self, *args)
    if not weights:
        kernel, = [v for v in tf.compat.v1.get_collection('trainable_variables') if 'weights' in v.name]
        weights.append(self._sess.run(kernel))


OSTCorrelation.compute_osts, TFProbabilitiesClassifier._init_mapper = noted_osts, noted_weights
metric = load_metric('ost')
cpu, wall = time.process_time(), time.perf_counter()
score = metric(source, target)
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
number = lambda v: None if np.isnan(v) else float(v)
print(json.dumps({
    'cpu': cpu, 'wall': wall, 'value': number(score), 'error': number(score.attrs['error']),
    'osts': [[number(v) for v in of] for of in osts], 'firstWeights': [float(str(v)) for v in np.ravel(weights[0])],
    'versions': {name: version(name) for name in ('brainscore-vision', 'brainscore-core', 'tensorflow-cpu', 'numpy')}}))

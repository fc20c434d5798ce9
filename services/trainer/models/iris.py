"""Iris: which of three species a flower is, from four lengths; a scaled logistic regression."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from petalstream.features import Number
from services.trainer.definition import BetterThanBaseline, Card, Classes, Definition, Floor, NoWorseThanServed, Source

MODEL = Definition(
    title="Iris",
    predicts="Which of three species an iris flower is, from the lengths of its leaves",
    sample="flower",
    source=Source(
        "R. A. Fisher, Iris, UCI Machine Learning Repository (1936, donated 1988)",
        "https://doi.org/10.24432/C56C76",
        "CC BY 4.0",
    ),
    card=Card(
        intended_use="Showing how a model is trained, served and streamed, and testing that; lessons about"
        " classification.",
        out_of_scope="Naming plants that somebody found: any other species of iris is given one of these three names.",
        limits="150 flowers, 50 of each species, measured by E. Anderson. Three rows repeat another one, and two differ"
        " from Fisher's article (data/README.md). Where flowers are found, the species need not be equally common;"
        " accuracy and probabilities would then differ.",
        factors="The species: setosa is easy to tell, versicolor and virginica overlap. Where and when the flowers grew"
        " may matter too, and the data does not say it.",
        owner="The Petalstream project, as an example without support",
    ),
    csv="iris.csv",
    features=[
        Number("sepal_length", "Sepal length", "cm", "Length of one of the flower's outer leaves", minimum=0),
        Number("sepal_width", "Sepal width", "cm", "Width of one of the flower's outer leaves", minimum=0),
        Number("petal_length", "Petal length", "cm", "Length of one of the flower's inner leaves", minimum=0),
        Number("petal_width", "Petal width", "cm", "Width of one of the flower's inner leaves", minimum=0),
    ],
    target=Classes("species", ["setosa", "versicolor", "virginica"]),
    estimator=Pipeline([("scale", StandardScaler()), ("classify", LogisticRegression(random_state=0))]),
    # liblinear is left out: it does two classes only.
    grid={
        "classify__C": [0.01, 0.1, 1.0, 10.0, 100.0],
        "classify__max_iter": [200, 1000],
        "classify__class_weight": [None, "balanced"],
        "classify__solver": ["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"],
    },
    # The interval of 30 validation rows is wide: 26 of them must be right.
    publish_if=[Floor("accuracy", 0.7), BetterThanBaseline(), NoWorseThanServed()],
)

"""Estimators for data with categories, missing values, dates and texts."""

from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Category, Date, Feature, Number, Text, YesNo
from services.trainer.definition import Classes, Csv, Definition, Ignored
from tests.integration.definitions.case import ONNX, SCIKIT_LEARN, Case
from tests.integration.definitions.public_data import german_penguins, penguins, raw_penguins

SPECIES = Classes("species", ["Adelie", "Chinstrap", "Gentoo"])
SEX = Classes("sex", {"female": "female", "male": "male"}, positive="male")
MISSING = ("", "NA")
NUMBERS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")


def numbers(optional: bool) -> list[Feature]:
    """The measures of a bird."""
    return [Number(name, minimum=0, optional=optional) for name in NUMBERS]


def species(estimator: object, *features: Feature, runs_on: str = ONNX) -> Case:
    """What tells the species from the measures, some of which are missing, and from more features."""
    named = {feature.name for feature in features}
    ignored = [Ignored(name) for name in ("island", "sex", "year") if name not in named]
    definition = Definition(
        csv=Csv("penguins.csv", missing=MISSING),
        features=[*numbers(optional=True), *features, *ignored],
        target=SPECIES,
        estimator=estimator,
        grid={},
    )
    return Case(penguins, definition, runs_on)


def raw(estimator: object, *features: Feature, target: Classes | None = None, runs_on: str = ONNX) -> Case:
    """What tells whether both eggs were laid, or another target, from columns of the data as they were published."""
    target = target or Classes("Clutch Completion", ["Yes", "No"], positive="Yes")
    columns = raw_penguins().decode().splitlines()[0].split(",")
    named = {target.column, *(feature.name for feature in features)}
    definition = Definition(
        csv=Csv("raw.csv", missing=MISSING),
        features=[*features, *(Ignored(name) for name in columns if name not in named)],
        target=target,
        estimator=estimator,
        grid={},
    )
    return Case(raw_penguins, definition, runs_on)


LOGISTIC = LogisticRegression(max_iter=2000)
HISTOGRAM = HistGradientBoostingClassifier(max_iter=20, random_state=0)
ISLAND, BIRD_SEX = Category("island"), Category("sex", choices=("female", "male"), optional=True)
YEAR = Category("year", other=True)
SIZES = [Number("Culmen Length (mm)", optional=True), Number("Body Mass (g)", optional=True)]
ENCODED = OneHotEncoder(handle_unknown="ignore")
MEASURED = make_pipeline(SimpleImputer(), StandardScaler())
GERMAN = Definition(
    csv=Csv("pinguine.csv.gz", delimiter=";", decimal=",", encoding="cp1252"),
    features=[
        Number("Schnabellänge", optional=True),
        *numbers(optional=True)[1:],
        Category("island"),
        Ignored("sex"),
        Ignored("year"),
    ],
    target=SPECIES,
    estimator=HISTOGRAM,
    grid={"max_iter": [10, 20]},
)
CASES = {
    "missing values, histogram gradient boosting": species(HISTOGRAM),
    "categories, histogram gradient boosting": species(HISTOGRAM, ISLAND, BIRD_SEX),
    "missing values, imputed": species(make_pipeline(SimpleImputer(), StandardScaler(), LOGISTIC)),
    "missing values, imputed by medians": species(
        make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LOGISTIC)
    ),
    "missing values, imputed by neighbours": species(make_pipeline(KNNImputer(), LOGISTIC), runs_on=SCIKIT_LEARN),
    "missing values, forest": species(RandomForestClassifier(20, random_state=0)),
    "columns by name": species(
        make_pipeline(make_column_transformer((MEASURED, list(NUMBERS)), (ENCODED, ["island"])), LOGISTIC), ISLAND
    ),
    "columns by their kind": species(
        make_pipeline(
            make_column_transformer(
                (MEASURED, make_column_selector(dtype_include="number")),
                (ENCODED, make_column_selector(dtype_include="category")),
            ),
            LOGISTIC,
        ),
        ISLAND,
    ),
    "missing categories, imputed": species(
        make_pipeline(
            make_column_transformer(
                (MEASURED, list(NUMBERS)), (make_pipeline(SimpleImputer(strategy="most_frequent"), ENCODED), ["sex"])
            ),
            LOGISTIC,
        ),
        BIRD_SEX,
    ),
    "a category of numbers, and others": species(
        make_pipeline(
            ColumnTransformer([("measured", MEASURED, list(NUMBERS)), ("year", ENCODED, ["year"])]), LOGISTIC
        ),
        YEAR,
    ),
    "ordinal codes, tree": species(
        make_pipeline(
            make_column_transformer(
                (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["island"]),
                (SimpleImputer(), list(NUMBERS)),
            ),
            DecisionTreeClassifier(max_depth=4, random_state=0),
        ),
        ISLAND,
    ),
    "a spreadsheet in German": Case(german_penguins, GERMAN),
    "words": raw(
        make_pipeline(
            make_column_transformer((CountVectorizer(), "Comments"), (MEASURED, [each.name for each in SIZES])),
            LOGISTIC,
        ),
        Text("Comments", optional=True),
        *SIZES,
        runs_on=SCIKIT_LEARN,
    ),
    "dates": raw(HISTOGRAM, Date("Date Egg"), Category("Island"), *SIZES),
    "yes or no": raw(
        make_pipeline(SimpleImputer(), StandardScaler(), LOGISTIC),
        YesNo("Clutch Completion"),
        *SIZES,
        target=Classes("Island", ["Biscoe", "Dream", "Torgersen"]),
    ),
    "a fixed threshold": raw(
        FixedThresholdClassifier(make_pipeline(SimpleImputer(), StandardScaler(), LOGISTIC), threshold=0.95), *SIZES
    ),
    "a tuned threshold": raw(
        TunedThresholdClassifierCV(make_pipeline(SimpleImputer(), StandardScaler(), LOGISTIC)), *SIZES
    ),
    "LightGBM": Case(
        penguins,
        Definition(
            csv=Csv("penguins.csv", missing=MISSING),
            features=[*numbers(optional=True), ISLAND, BIRD_SEX, Ignored("year")],
            target=SPECIES,
            estimator=LGBMClassifier(n_estimators=10, min_child_samples=5, verbose=-1, n_jobs=1, random_state=0),
            grid={},
            requirements=["lightgbm==4.7.0"],
        ),
        SCIKIT_LEARN,
    ),
    "calibrated support vectors": species(
        make_pipeline(SimpleImputer(), StandardScaler(), CalibratedClassifierCV(LinearSVC(random_state=0)))
    ),
}

"""Penguins: how heavy a penguin is, from its species, island, sex and three lengths; a ridge regression."""

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from petalstream.features import Category, Number
from services.trainer.definition import Card, Csv, Definition, Ignored, Source

MODEL = Definition(
    title="Penguins",
    predicts="How heavy a penguin is, from its species, its island, its sex and three lengths",
    sample="penguin",
    source=Source(
        "K. B. Gorman, T. D. Williams, W. R. Fraser, Ecological sexual dimorphism and environmental variability within"
        " a community of Antarctic penguins (genus Pygoscelis), PLOS ONE 9(3): e90081 (2014)",
        "https://doi.org/10.1371/journal.pone.0090081",
        "CC0 1.0",
    ),
    card=Card(
        intended_use="Showing a model of numbers, with intervals, categories and missing values; lessons about"
        " regression.",
        out_of_scope="Weighing penguins for research or for their care, and penguins of other species or places.",
        limits="342 penguins of three species from three islands, 2007 to 2009; two more were not weighed and are left"
        " out. The two penguins of a nest may be in different parts. The interval is as wide for every penguin.",
        factors="Species, island and sex, which the slices show. In the data Chinstrap penguins are on Dream alone and"
        " Gentoo penguins on Biscoe alone, so that species and island cannot be told apart.",
        owner="The Petalstream project, as an example without support",
    ),
    csv=Csv("penguins.csv", missing=("NA",)),
    features=[
        Category("species", "Species", choices=("Adelie", "Chinstrap", "Gentoo")),
        Category("island", "Island", choices=("Biscoe", "Dream", "Torgersen")),
        Number("bill_length_mm", "Bill length", "mm", minimum=0),
        Number("bill_depth_mm", "Bill depth", "mm", minimum=0),
        Number("flipper_length_mm", "Flipper length", "mm", minimum=0),
        Category("sex", "Sex", choices=("female", "male"), optional=True),
        Ignored("year"),
    ],
    # Two penguins were not measured.
    target=Number("body_mass_g", "Body mass", "g", minimum=0, optional=True),
    # The sex of some penguins is not known: it is a choice of its own.
    estimator=Pipeline(
        [
            (
                "prepare",
                make_column_transformer(
                    (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include="category")),
                    (StandardScaler(), make_column_selector(dtype_include="number")),
                ),
            ),
            ("predict", Ridge()),
        ]
    ),
    grid={"predict__alpha": [0.01, 0.1, 1.0, 10.0, 100.0]},
)

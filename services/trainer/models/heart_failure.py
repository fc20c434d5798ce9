"""Heart failure: whether a patient dies during the follow-up period; three kinds of trees put it to the vote."""

from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, VotingClassifier
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Integer, Number, YesNo
from services.trainer.definition import BetterThanBaseline, Card, Classes, Definition, Floor, NoWorseThanServed, Source

MODEL = Definition(
    title="Heart failure",
    predicts="Whether a patient with heart failure dies during the follow-up period",
    sample="patient",
    notes=[
        "A demonstration and no medical device: do not use it to decide about anybody's treatment.",
        "The follow-up period (time) is not known when a prediction would be wanted, and gives much of the answer away:"
        " a patient who dies is followed no longer. The report says how accurate the model is without it.",
        "299 patients of two hospitals in Faisalabad, Pakistan, in 2015: few, and of one place.",
    ],
    source=Source(
        "D. Chicco, G. Jurman, Machine learning can predict survival of patients with heart failure from serum"
        " creatinine and ejection fraction alone, BMC Medical Informatics and Decision Making 20:16 (2020)",
        "https://doi.org/10.1186/s12911-020-1023-5",
        "CC BY 4.0",
    ),
    card=Card(
        intended_use="Showing a vote, and features that a model does without; lessons about a feature that gives the"
        " answer away.",
        out_of_scope="Any decision about a patient: treatment, care, insurance or triage. It is no medical device, and"
        " it was not tested on patients of any other hospital.",
        limits="299 patients of two hospitals in Faisalabad, Pakistan, from April to December 2015, of whom 96 died."
        " The follow-up period is not known when a prediction would be wanted. The probabilities are shares of three"
        " votes, and not calibrated.",
        factors="Sex, diabetes, smoking, anaemia and high blood pressure, which the slices show; sex and diabetes are"
        " no inputs. A slice has few patients, so that a difference between two may be chance. Age, hospital and"
        " treatment may matter too; the data has neither of the last two.",
        owner="The Petalstream project, as an example without support",
    ),
    csv="heart_failure_clinical_records.csv",
    features=[
        Number("age", "Age", "years", minimum=0, maximum=120),
        YesNo("anaemia", "Anaemia", help="Too few red blood cells or too little haemoglobin"),
        Integer(
            "creatinine_phosphokinase",
            "Creatinine phosphokinase",
            "mcg/L",
            "Level of this enzyme in the blood",
            minimum=0,
        ),
        # Diabetes and sex are asked for, as in the published data; used=False leaves them out of the model.
        YesNo("diabetes", "Diabetes", used=False),
        Integer(
            "ejection_fraction",
            "Ejection fraction",
            "%",
            "Share of the blood that leaves the heart at each beat",
            minimum=0,
            maximum=100,
        ),
        YesNo("high_blood_pressure", "High blood pressure"),
        Number("platelets", "Platelets", "per mL", "As published; such numbers are usual per microlitre", minimum=0),
        Number("serum_creatinine", "Serum creatinine", "mg/dL", "Level of creatinine in the blood", minimum=0),
        Integer("serum_sodium", "Serum sodium", "mEq/L", "Level of sodium in the blood", minimum=0),
        YesNo("sex", "Male", help="No means female", used=False),
        YesNo("smoking", "Smokes"),
        Integer("time", "Follow-up period", "days", "How long the patient was followed", minimum=0),
    ],
    target=Classes("DEATH_EVENT", {"0": "survived", "1": "died"}),
    # Two of three patients survived: each class weighs the same in the fits, and in the score of the search.
    estimator=VotingClassifier(
        [
            ("decision_tree", DecisionTreeClassifier(class_weight="balanced", random_state=0)),
            ("random_forest", RandomForestClassifier(class_weight="balanced", random_state=0)),
            ("extra_trees", ExtraTreesClassifier(class_weight="balanced", random_state=0)),
        ]
    ),
    grid={
        "decision_tree__criterion": ["gini", "entropy"],
        "decision_tree__max_depth": [2, 3, 4, 6, None],
        "decision_tree__min_samples_leaf": [1, 3, 5, 10],
        "random_forest__max_depth": [3, 5, None],
        "random_forest__min_samples_leaf": [1, 3, 5],
        "random_forest__max_features": ["sqrt", 0.5],
        "extra_trees__max_depth": [3, 5, None],
        "extra_trees__min_samples_leaf": [1, 3, 5],
        "extra_trees__max_features": ["sqrt", 0.5],
    },
    scoring="balanced_accuracy",
    # So much is shown by 60 validation rows, of which 19 or 20 died, if the balanced accuracy is 0.67.
    publish_if=[Floor("balanced_accuracy", 0.55), BetterThanBaseline(), NoWorseThanServed()],
    compare_without=["time"],
)

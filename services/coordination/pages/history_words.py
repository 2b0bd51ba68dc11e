"""What is asked of a patient's history, in the words of the page: keys as assessment reads them."""

from collections.abc import Mapping

ASKED: Mapping[str, Mapping[str, str]] = {
    "What the patient feels": {
        "bone_pain": "bone pain",
        "proximal_weakness": "weak hips or shoulders",
        "muscle_pain": "muscle pain",
        "impaired_mobility": "walks with difficulty",
        "unable_to_walk": "cannot walk",
    },
    "What cannot wait": {
        "respiratory_weakness": "breathes weakly",
        "bulbar_weakness": "swallows or speaks badly",
        "arrhythmia": "irregular heartbeat",
        "rhabdomyolysis": "muscle breakdown",
        "seizure": "seizure",
        "encephalopathy": "confused or drowsy",
    },
    "A lump": {
        "palpable_mass": "a lump can be felt",
        "mass_growing": "it grows",
        "regional_nodes": "enlarged lymph nodes beside it",
    },
    "Childhood and family": {
        "childhood_rickets_or_bowing": "rickets or bowed legs as a child",
        "short_stature": "short stature",
        "dental_abscess": "dental abscesses",
        "family_history_low_phosphate": "low phosphate in the family",
        "prior_normal_adult_phosphate": "phosphate was normal earlier as an adult",
        "onset_after_pregnancy_or_menarche": "began after a pregnancy or the first period",
    },
    "Signs of other diseases": {
        "cafe_au_lait": "café-au-lait spots",
        "fibrous_dysplasia_lesions": "lesions of fibrous dysplasia",
        "epidermal_or_giant_naevi": "epidermal or giant naevi",
        "enthesopathy": "calcified tendons",
        "macrocephaly": "large head",
        "facial_dysmorphism": "unusual face",
        "sclerotic_bone": "dense bones",
        "arterial_calcification": "calcified arteries",
        "cerebral_calcification": "calcified brain",
        "endocrine_overactivity": "an overactive gland",
        "mosaic_bone_lesions": "bone lesions on one side",
    },
    "Kidney, gut and nutrition": {
        "kidney_stones": "kidney stones",
        "dialysis": "dialysis",
        "glucosuria": "glucose in the urine",
        "aminoaciduria": "amino acids in the urine",
        "low_molecular_weight_proteinuria": "small proteins in the urine",
        "monoclonal_protein": "monoclonal protein",
        "gastric_bypass_or_malabsorption": "gastric bypass or malabsorption",
        "chronic_diarrhea": "diarrhoea for long",
        "malnutrition": "malnutrition",
        "vitamin_d_repleted": "vitamin D has been replaced",
        "fgf23_swings_with_iron_deficiency": "FGF23 rises and falls with iron deficiency",
        "pregnancy": "pregnant",
    },
}
"""Each thing that is asked, by group: as assessment reads it, and as it is said."""

AMOUNTS: Mapping[str, tuple[str, int, int]] = {
    "symptom_onset_age": ("Age when it began, in years", 0, 120),
    "weight_kg": ("Weight in kg", 1, 500),
    "height_cm": ("Height in cm", 30, 250),
    "height_loss_cm": ("Height lost in cm", 0, 60),
    "alcohol_g_day": ("Alcohol in g a day", 0, 2000),
}
"""What is a number, and between which ends it can lie at all."""

IRON: Mapping[str, str] = {
    "ferric_carboxymaltose": "ferric carboxymaltose",
    "ferric_derisomaltose": "ferric derisomaltose",
    "iron_sucrose": "iron sucrose",
    "iron_polymaltose": "iron polymaltose",
    "saccharated_ferric_oxide": "saccharated ferric oxide",
    "ferumoxytol": "ferumoxytol",
    "other": "another iron",
}
ACUTE: Mapping[str, str] = {
    "icu": "intensive care",
    "sepsis": "sepsis",
    "dka": "diabetic ketoacidosis",
    "refeeding": "fed again after hunger",
    "tpn": "fed by vein",
    "hyperventilation": "breathes too fast",
    "post_parathyroidectomy": "parathyroids just removed",
    "burns": "burns",
    "surgery": "just operated",
    "dialysis": "dialysis",
}
GENE_RESULTS: Mapping[str, str] = {
    "pathogenic": "pathogenic variant",
    "likely_pathogenic": "likely pathogenic variant",
    "uncertain": "variant of uncertain meaning",
    "negative": "nothing found",
}
PANEL = "PANEL"
"""All genes of a panel at once."""

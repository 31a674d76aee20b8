/* Nametag - the rules that give names, side by side: ours at each caution, and those that peers use.
 *
 * All are made from the same pictures and asked about the same faces. A rule as people use it has a fixed setting and
 * gives a verdict. To compare rules whatever their setting, each also gives a score: it would name the person when its
 * threshold were above.
 */
#ifndef NT_EVALUATE_RULES_H
#define NT_EVALUATE_RULES_H

#include "identity/classifier.h"

/* A way of deciding, whose threshold can be swept. */
typedef enum NtRule {
    NT_RULE_NAMETAG,     /* ours: distances, margin and votes (identity/classifier.h) */
    NT_RULE_NEAREST,     /* distance to the nearest single picture, as face_recognition does with dlib's embeddings */
    NT_RULE_MEAN,        /* mean distance to a person's pictures */
    NT_RULE_PROBABILITY, /* libsvm with its probability model (-t 0 -c 1 -b 1) */
    NT_N_RULES,
} NtRule;

/* A rule at the setting people use it with. */
typedef enum NtSetting {
    NT_SETTING_CAUTIOUS, /* ours, in the order of NtCaution */
    NT_SETTING_BALANCED,
    NT_SETTING_EAGER,
    NT_SETTING_NEAREST,     /* at most 0.6, dlib's recommendation */
    NT_SETTING_MEAN,        /* at most 0.6 */
    NT_SETTING_PROBABILITY, /* at least 0.5 */
    NT_N_SETTINGS,
} NtSetting;

#define NT_PEER_DISTANCE 0.6    /* dnn_face_recognition_ex.cpp, and the default of face_recognition's compare_faces */
#define NT_PEER_PROBABILITY 0.5 /* more likely than all others together */

const char *nt_rule_name(NtRule rule);          /* "nametag", "nearest", "mean", "svm-probability" */
const char *nt_rule_title(NtRule rule);         /* for people */
const char *nt_setting_name(NtSetting setting); /* "nametag-balanced", ... */
const char *nt_setting_title(NtSetting setting);

typedef struct NtRuleVerdict {
    NtVerdictKind kind;
    gint person; /* index into the snapshot's names: the name given, or the guess; -1: none */
} NtRuleVerdict;

typedef struct NtRuleScore {
    double score; /* the person is named when the threshold is above: a distance, 1 - probability, or for ours how far
                   * the caution is from balanced (1); INFINITY: never */
    gint person;
} NtRuleScore;

typedef struct NtRulesAnswer {
    NtRuleVerdict verdicts[NT_N_SETTINGS];
    NtRuleScore scores[NT_N_RULES];
    double distance; /* ours, to the nearest person, whatever the verdict */
} NtRulesAnswer;

typedef struct NtRules NtRules;

/* snapshot must outlive the rules. seed: of the cross-validation within libsvm's probability model. Not from several
 * threads at once: libsvm draws from the process's random numbers. */
NtRules *nt_rules_new(const NtGallerySnapshot *snapshot, guint seed, GError **error);
void nt_rules_free(NtRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtRules, nt_rules_free)

float nt_rules_threshold(const NtRules *rules, NtCaution caution); /* ours */

void nt_rules_ask(const NtRules *rules, const float embedding[NT_EMBEDDING_SIZE], NtRulesAnswer *answer);

#endif

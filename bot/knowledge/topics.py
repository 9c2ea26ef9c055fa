"""The 32 topics, in the order in which menus show them."""

from __future__ import annotations

from bot.messages import N_, Text

_LABELS = (
    N_("topic_asylum", "Asylum"),
    N_("topic_temporary_protection", "Temporary protection"),
    N_("topic_residence_permit", "Residence permit"),
    N_("topic_work_permit", "Permission to work"),
    N_("topic_labour_rights", "Rights at work"),
    N_("topic_unpaid_wages", "Unpaid wages"),
    N_("topic_job_offer_safety", "Is a job offer safe?"),
    N_("topic_trafficking_help", "Forced or tricked into work"),
    N_("topic_voluntary_return_eligibility", "Going home: who can apply"),
    N_("topic_voluntary_return_process", "Going home: the steps"),
    N_("topic_voluntary_return_support", "Going home: help you get"),
    N_("topic_family_reunification", "Bringing your family"),
    N_("topic_language_course", "Language course"),
    N_("topic_school", "School for children"),
    N_("topic_health", "Doctor and health"),
    N_("topic_housing", "Housing"),
    N_("topic_documents_id", "Documents and ID numbers"),
    N_("topic_diploma_recognition", "Diploma recognition"),
    N_("topic_citizenship", "Citizenship"),
    N_("topic_benefits_money", "Benefits and bank"),
    N_("topic_detention", "Detention"),
    N_("topic_legal_aid", "Free lawyer"),
    N_("topic_resettlement", "Resettlement"),
    N_("topic_transport_tickets", "Tickets for travel"),
    N_("topic_children_alone", "Children alone"),
    N_("topic_domestic_violence", "Violence at home"),
    N_("topic_psychosocial", "Stress and sadness"),
    N_("topic_contact_office", "Offices and this service"),
    N_("topic_emergency", "Emergency"),
    N_("topic_capacity_development", "Training and partners"),
    N_("topic_information_campaigns", "Leaflets and campaigns"),
    N_("topic_other", "Other"),
)

TOPICS: dict[str, Text] = {label.key.removeprefix("topic_"): label for label in _LABELS}

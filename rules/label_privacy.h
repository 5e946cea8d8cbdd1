// What `check` says about a label that plainly would carry personal data or grow without bound.
#pragma once

#include <string>
#include <string_view>

#include "rules/label_template.h"

namespace logmill {

// What is wrong with the label and what would be right, or "". Names are compared without regard to case, camelCase and dashes. The label
// `user_id` may take anything: the guard lets nothing but UUIDs through.
std::string LabelPrivacyProblem(std::string_view label, const LabelTemplate& value);

}  // namespace logmill

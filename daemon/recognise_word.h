// The forms of personal data (rules/private_forms.h) for words of a text that is shipped.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// What can be recognised, in the order in which it is looked for.
std::vector<std::string_view> RecognisedKinds();

// A function that says what a word gives away: the first of RecognisedKinds() that is in `kinds` and fits, or "". Any bytes, of any length;
// linear; any thread. A word may be of several kinds (a URL with an address in it), so nothing but `kinds` is looked for.
std::function<std::string_view(std::string_view word)> MakeWordRecogniser(const std::vector<std::string>& kinds);

}  // namespace logmill

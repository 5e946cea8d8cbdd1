#include "daemon/recognise_word.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "rules/private_forms.h"

namespace logmill {
namespace {

struct Form {
  std::string_view kind;
  bool (*fits)(std::string_view);
};

// A URL may hold all the others, a path all but a URL.
constexpr Form kForms[] = {{"url", HasUrl},    {"email", HasEmail}, {"token", HasToken},
                           {"ip", HasAddress}, {"path", HasPath},   {"uuid", HasUuid}};

// The forms look at so many bytes. Pieces of a longer word overlap by half, so that what is cut by one stands whole in the next.
bool FitsSomewhere(const Form& form, std::string_view word) {
  for (size_t at = 0; at == 0 || at + kMaxLabelBytes / 2 < word.size(); at += kMaxLabelBytes / 2) {
    if (form.fits(word.substr(at, kMaxLabelBytes))) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string_view> RecognisedKinds() {
  std::vector<std::string_view> kinds;
  for (const Form& form : kForms) kinds.push_back(form.kind);
  return kinds;
}

std::function<std::string_view(std::string_view word)> MakeWordRecogniser(const std::vector<std::string>& kinds) {
  std::vector<Form> forms;
  std::ranges::copy_if(kForms, std::back_inserter(forms),
                       [&](const Form& form) { return std::ranges::find(kinds, form.kind) != kinds.end(); });
  return [forms = std::move(forms)](std::string_view word) {
    const auto found = std::ranges::find_if(forms, [word](const Form& form) { return FitsSomewhere(form, word); });
    return found == forms.end() ? std::string_view() : found->kind;
  };
}

}  // namespace logmill

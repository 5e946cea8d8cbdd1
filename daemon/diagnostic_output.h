// Diagnostics for people.
#pragma once

#include <cstdio>

#include "base/diagnostic.h"

namespace logmill {

// One line each, in the order of the files, and a count of errors when there are some.
inline void PrintDiagnostics(Diagnostics& diagnostics, FILE* out) {
  diagnostics.Sort();
  for (const Diagnostic& diagnostic : diagnostics.entries()) std::fprintf(out, "%s\n", Format(diagnostic).c_str());
  if (!diagnostics.has_errors()) return;
  std::fprintf(out, "%zu %s\n", diagnostics.error_count(), diagnostics.error_count() == 1 ? "error" : "errors");
}

}  // namespace logmill

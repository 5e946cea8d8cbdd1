// Numbers as the exposition formats spell them.
#pragma once

#include <cstdint>
#include <string>

namespace logmill {

// A sample's value: integers below 2^63 without exponent or fraction, other numbers by their shortest text that reads back to the same
// double; `NaN`, `+Inf`, `-Inf`. -0 is 0.
void AppendValue(std::string& out, double value);
void AppendInteger(std::string& out, uint64_t value);

// A bound in `le` or `quantile`. Such a label is compared as text, so this is what Prometheus' own clients print: the shortest digits,
// with an exponent below 0.0001 and from 1e+06 on. OpenMetrics wants `10.0` where the text format has `10`.
std::string BoundText(double bound, bool openmetrics);

// Unix milliseconds as seconds: `1766533331.507`.
void AppendSeconds(std::string& out, int64_t unix_ms);

}  // namespace logmill

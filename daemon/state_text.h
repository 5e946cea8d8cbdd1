// A checkpoint, told to a person.
#pragma once

#include <string>
#include <string_view>

#include "checkpoint/checkpoint_file.h"

namespace logmill {

// Several lines, the last one ended too. `file` holds a checkpoint.
std::string StateText(const CheckpointFile& file);

// The text in double quotes, with everything escaped that could make a terminal do something or a line look like another: control
// characters, marks of writing direction, invisible characters, what is no UTF-8.
std::string Printable(std::string_view text);

}  // namespace logmill

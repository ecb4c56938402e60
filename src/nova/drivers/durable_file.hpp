// Files of a compute host that must be whole or not there, whatever happens while they are written.
#pragma once

#include <string>
#include <string_view>

namespace nova::drivers {

// Throws base::Error for this errno: (unavailable) if there is no space left, else (internal) with
// `message`; `what` and errno's text go to the log.
[[noreturn]] void throw_file_error(int error, const std::string& message, const std::string& what);

// The file holds `text`, if it can be read at all: a power cut may take it away. Throws as
// throw_file_error does.
void write_file(const std::string& path, std::string_view text);

// What another program wrote to the file stays after a power cut. Throws as throw_file_error does.
void make_durable(const std::string& path);

// The file holds `text`, also after a power cut. Throws as throw_file_error does; then the file is
// as it was before, and nothing else is left.
void write_durably(const std::string& path, std::string_view text);
// The same, and nobody but its owner can ever read it.
void write_secret(const std::string& path, std::string_view text);

}  // namespace nova::drivers

// What a guest wrote to its console, as text that may stand in an answer of the API.
#pragma once

#include <string>
#include <string_view>

namespace nova::compute {

// Valid UTF-8: what is none becomes U+FFFD. Control characters but tab and newline are dropped, as
// Nova does.
[[nodiscard]] std::string console_text(std::string_view bytes);

}  // namespace nova::compute

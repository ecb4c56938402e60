// Ends the program over a table, schema or pattern of our own that makes no sense: such a binary
// must not serve.
#pragma once

#include <string_view>

namespace openstack {

// Logs the text and aborts.
[[noreturn]] void refuse_table(std::string_view what);

}  // namespace openstack

// The bus inside one process. Calls run inline on the caller's thread: a pool of callers can not be
// exhausted by calls that it must itself serve. Casts queue. Nothing is durable: the sender's
// outbox keeps a cast until a handler has finished it.
#pragma once

#include <memory>

#include "platform/bus/bus.hpp"
#include "platform/runtime.hpp"

namespace platform {

[[nodiscard]] std::unique_ptr<Bus> make_in_process_bus(Runtime runtime);

}  // namespace platform

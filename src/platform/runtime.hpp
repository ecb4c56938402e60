// What a role is given of its machine. Constructor injection: nothing reaches around it.
#pragma once

#include <string>

#include "platform/clock.hpp"
#include "platform/executor.hpp"
#include "platform/random.hpp"
#include "platform/trace.hpp"

namespace platform {

struct Runtime {
  Executor& executor;
  Clock& clock;
  Random& random;
  Tracer& tracer;
  std::string host;  // this machine's name in the cloud ("compute.<host>")
};

}  // namespace platform

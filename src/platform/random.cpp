#include "platform/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "platform/log.hpp"

namespace platform {
namespace {

class SystemRandom final : public Random {
 public:
  std::string bytes(size_t count) override {
    std::string result(count, '\0');
    size_t filled = 0;
    while (filled < count) {
      const ssize_t got = ::getrandom(result.data() + filled, count - filled, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) give_up();
      filled += static_cast<size_t>(got);
    }
    return result;
  }

 private:
  // Keys made of anything weaker would be worse than no service.
  [[noreturn]] static void give_up() {
    log_error("the kernel gives no random bytes errno={}", errno);
    flush_log();
    std::abort();
  }
};

}  // namespace

uint64_t Random::below(uint64_t bound) {
  // Numbers from the incomplete last span of `bound` would favour small results.
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  const uint64_t usable = kMax - kMax % bound;
  for (;;) {
    uint64_t number = 0;
    const std::string raw = bytes(sizeof(number));
    std::memcpy(&number, raw.data(), sizeof(number));
    if (number < usable) return number % bound;
  }
}

std::string Random::uuid() { return base::uuid_from_bytes(bytes(16)); }

std::string Random::hex_id() { return base::replace_all(uuid(), "-", ""); }

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace platform

// The digests of an image's bytes while they pass: MD5 and SHA-512 cost more than all else of an
// upload, so each has a task of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "platform/executor.hpp"

namespace glance::api {

// Bytes are read into room(), then taken by take(): both digests read them where they lie. Not
// thread-safe. What fits into the first room is digested without a task: small uploads start none.
class Digests {
 public:
  explicit Digests(platform::Executor& executor);
  ~Digests();
  Digests(const Digests&) = delete;
  Digests& operator=(const Digests&) = delete;

  // Room for the next bytes, 256 KiB; waits until the digests have left one.
  [[nodiscard]] std::span<char> room();
  // The first `size` bytes of the room. They stay readable until the next room().
  void take(size_t size);

  struct Values {
    std::string md5;  // hex
    std::string sha512;
  };
  // Of all that was taken; once.
  [[nodiscard]] Values finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace glance::api

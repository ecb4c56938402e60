// Blocking reads and writes with a timeout on a connected socket that may be in non-blocking mode:
// how a worker moves a streamed body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/time.hpp"

namespace platform::http {

// Does not own the descriptor. Every function throws base::Error(timeout) when `timeout` passes
// without a byte of progress, and base::Error(bad_request) when the peer broke off.
class BlockingSocket {
 public:
  BlockingSocket(int descriptor, base::Duration timeout)
      : descriptor_(descriptor), timeout_(timeout) {}

  // Up to `size` bytes; 0 when the peer has closed its side.
  size_t receive(char* buffer, size_t size);
  enum class More { no, follows };
  // All of it. `follows` lets the kernel wait for the next part before it sends a short packet.
  void send(std::string_view bytes, More more = More::no);
  // `length` bytes of `file` from `offset`, without passing through this process.
  void send_file(int file, uint64_t offset, uint64_t length);

 private:
  void wait_for(short events);

  int descriptor_;
  base::Duration timeout_;
};

// Sends what the kernel takes right now of `first` and then `second`. The bytes taken, or -1 if the
// connection is broken.
[[nodiscard]] std::ptrdiff_t send_now(int descriptor, std::string_view first,
                                      std::string_view second);

}  // namespace platform::http

#include "platform/disk_conversion.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/process.hpp"

namespace platform {
namespace {

using base::Error;
using base::ErrorKind;

// Address space, most of which the stacks of its threads take.
constexpr int64_t kMemory = int64_t{2} << 30;

uint64_t size_limit(const DiskConversion& conversion) {
  const uint64_t tables = conversion.virtual_size / 64 + (64U << 20);  // more than any format needs
  return conversion.virtual_size + (conversion.to_format == "raw" ? 0 : tables);
}

[[noreturn]] void fail_conversion(const DiskConversion& conversion, const std::string& said) {
  // The program's words for it, and no other sign, say that the disk is full.
  const bool full = said.find(std::strerror(ENOSPC)) != std::string::npos;
  throw Error(full ? ErrorKind::too_large : ErrorKind::bad_request,
              full ? "There is no room to convert the image." : "The image can not be converted.",
              conversion.from + ": " + said);
}

void make_durable(const DiskConversion& conversion) {
  const int file = ::open(conversion.to.c_str(), O_RDONLY | O_CLOEXEC);
  const bool durable = file >= 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (!durable) fail_conversion(conversion, std::strerror(error));
}

}  // namespace

void convert_disk(const DiskConversion& conversion) {
  base::ScopeExit remove([&] { ::unlink(conversion.to.c_str()); });
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(conversion.timeout).count();
  ProcessOptions options;
  options.timeout = conversion.timeout;
  const auto result = run_process(
      {"setpriv", "--pdeathsig", "KILL", "prlimit", fmt::format("--as={}", kMemory),
       fmt::format("--cpu={}", seconds), fmt::format("--fsize={}", size_limit(conversion)),
       "--core=0", "qemu-img", "convert", "-q", "-f", conversion.from_format, "-O",
       conversion.to_format, conversion.from, conversion.to},
      options);
  if (result.exit_code != 0) fail_conversion(conversion, result.errors);
  make_durable(conversion);
  remove.release();
}

}  // namespace platform

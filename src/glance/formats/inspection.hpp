// Decides while an upload passes by whether its bytes are what its disk_format says, and safe.
#pragma once

#include "glance/formats/inspector.hpp"

namespace glance::formats {

// The operator's part of the decision: options of [image_format].
struct Rules {
  // Bytes must be of the declared format. Even without, a declared qcow2 or vmdk must be one: QEMU
  // would follow whatever else is in it to other files.
  bool require_match = true;
  // A partition table that looks wrong is only warned of.
  bool gpt_checks_nonfatal = true;
  std::vector<std::string> vmdk_allowed_types{"streamOptimized", "monolithicSparse"};
};

struct Verdict {
  std::optional<uint64_t> virtual_size;  // bytes
  std::string warning;                   // for the log; empty: nothing to say
};

// One upload. Holds at most about 1.5 MiB of it. Not thread-safe.
class Inspection {
 public:
  // Data in a container ova, docker or compressed is an archive: its disk_format says what is
  // within, which is not looked at, and the archive itself must not be a disk image.
  Inspection(std::string disk_format, std::string_view container_format, Rules rules = {});
  // The next bytes. Throws base::Error(unsupported_media_type) as soon as it is known that the
  // image is not accepted; the message tells what to do.
  void take(std::string_view bytes);
  // After the last bytes; throws as take().
  [[nodiscard]] Verdict finish();
  // Names of the formats that the bytes so far may be taken for; more than one for a polyglot.
  [[nodiscard]] std::vector<std::string> found() const;

 private:
  void judge_headers();
  [[nodiscard]] const Inspector* principal() const;
  void require_declared(const Inspector* found) const;
  [[nodiscard]] bool plain() const;
  [[nodiscard]] bool may_differ() const;

  std::string disk_format_;
  bool archive_;
  Rules rules_;
  std::vector<InspectorPtr> inspectors_;
  uint64_t position_ = 0;
  bool headers_judged_ = false;
};

}  // namespace glance::formats

// One format of disk images, recognised and judged while the bytes pass by. Nothing here trusts a
// length or an offset of the image; each inspector follows a fixed number of them, forward only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "glance/formats/region.hpp"

namespace glance::formats {

class Inspector {
 public:
  virtual ~Inspector() = default;
  // The disk_format that it recognises; or the name of one that is never accepted.
  [[nodiscard]] virtual std::string_view format() const = 0;
  // The bytes from `position` on; called with every piece of the stream, in order. Never throws for
  // what the bytes are.
  virtual void take(uint64_t position, std::string_view bytes) = 0;
  // Whether the bytes so far are of this format.
  [[nodiscard]] virtual bool matches() const = 0;
  // Whether check() may be asked before the stream has ended.
  [[nodiscard]] virtual bool complete() const = 0;
  // Called if it matches. The virtual size in bytes, where the header tells one. Refuses (see
  // refuse()) what is damaged, cut off, not supported, or reaches outside its own bytes.
  // `file_size` is kUnknownSize before the end.
  [[nodiscard]] virtual std::optional<uint64_t> check(uint64_t file_size) const = 0;
  // Whether an image of this format may at the same time look like `other`, by its nature.
  [[nodiscard]] virtual bool tolerates(std::string_view other) const;
};

using InspectorPtr = std::unique_ptr<Inspector>;

[[nodiscard]] InspectorPtr make_qcow2_inspector();
[[nodiscard]] InspectorPtr make_vhd_inspector();
[[nodiscard]] InspectorPtr make_vhdx_inspector();
// `allowed_types`: values of createType that are accepted.
[[nodiscard]] InspectorPtr make_vmdk_inspector(std::vector<std::string> allowed_types);
[[nodiscard]] InspectorPtr make_vdi_inspector();
[[nodiscard]] InspectorPtr make_iso_inspector();
[[nodiscard]] InspectorPtr make_gpt_inspector();
[[nodiscard]] InspectorPtr make_luks_inspector();
[[nodiscard]] InspectorPtr make_ploop_inspector();
[[nodiscard]] InspectorPtr make_qed_inspector();

}  // namespace glance::formats

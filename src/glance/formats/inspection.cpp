#include "glance/formats/inspection.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"

namespace glance::formats {
namespace {

// Whoever knows a format by its beginning knows it by then; only a fixed VHD ends with its mark.
constexpr uint64_t kHeadersEnd = 64U << 10;

std::vector<InspectorPtr> all_inspectors(const Rules& rules) {
  std::vector<InspectorPtr> all;
  all.push_back(make_qcow2_inspector());
  all.push_back(make_vhd_inspector());
  all.push_back(make_vhdx_inspector());
  all.push_back(make_vmdk_inspector(rules.vmdk_allowed_types));
  all.push_back(make_vdi_inspector());
  all.push_back(make_iso_inspector());
  all.push_back(make_gpt_inspector());
  all.push_back(make_luks_inspector());
  all.push_back(make_ploop_inspector());
  all.push_back(make_qed_inspector());
  return all;
}

bool is_archive(std::string_view container_format) {
  return container_format == "ova" || container_format == "docker" ||
         container_format == "compressed";
}

}  // namespace

bool Inspector::tolerates(std::string_view /*other*/) const { return false; }

Inspection::Inspection(std::string disk_format, std::string_view container_format, Rules rules)
    : disk_format_(std::move(disk_format)),
      archive_(is_archive(container_format)),
      rules_(std::move(rules)),
      inspectors_(all_inspectors(rules_)) {}

void Inspection::take(std::string_view bytes) {
  for (const auto& inspector : inspectors_) inspector->take(position_, bytes);
  position_ += bytes.size();
  if (position_ >= kHeadersEnd && !headers_judged_) judge_headers();
}

// What can be refused before the end is: nobody has to send a terabyte to hear it.
void Inspection::judge_headers() {
  const Inspector* const found = principal();
  const bool may_be_fixed_vhd =
      disk_format_ == "vhd" && !archive_ && (!found || found->format() == "gpt");
  if (!may_be_fixed_vhd) require_declared(found);
  if (found && found->format() != "gpt") {
    if (!found->complete()) return;
    static_cast<void>(found->check(kUnknownSize));
  }
  headers_judged_ = true;
}

Verdict Inspection::finish() {
  const Inspector* const found = principal();
  require_declared(found);
  Verdict verdict;
  if (plain() && !archive_) verdict.virtual_size = position_;
  if (!found) return verdict;
  if (found->format() != "gpt") {
    const auto size = found->check(position_);
    if (found->format() == disk_format_) verdict.virtual_size = size;
    return verdict;
  }
  // Kernels and ramdisks end their first sector as boot sectors do.
  if (archive_ || (disk_format_ != "gpt" && disk_format_ != "raw")) return verdict;
  verdict.virtual_size = position_;
  try {
    static_cast<void>(found->check(position_));
  } catch (const base::Error& error) {
    if (!rules_.gpt_checks_nonfatal) throw;
    verdict.warning = error.message();
  }
  return verdict;
}

std::vector<std::string> Inspection::found() const {
  std::vector<std::string> names;
  for (const auto& inspector : inspectors_)
    if (inspector->matches()) names.emplace_back(inspector->format());
  return names;
}

// The one format that the bytes are of, or null. Refuses a polyglot.
const Inspector* Inspection::principal() const {
  std::vector<const Inspector*> matching;
  for (const auto& inspector : inspectors_)
    if (inspector->matches()) matching.push_back(inspector.get());
  for (const auto& inspector : inspectors_)
    if (inspector->matches())
      std::erase_if(matching, [&](const Inspector* other) {
        return other != inspector.get() && inspector->tolerates(other->format());
      });
  if (matching.size() > 1)
    refuse(
        fmt::format("The image may be taken for several formats ({}): convert it with "
                    "qemu-img convert to the one that is meant.",
                    fmt::join(found(), ", ")));
  return matching.empty() ? nullptr : matching.front();
}

void Inspection::require_declared(const Inspector* found) const {
  if (found && found->format() == disk_format_ && !archive_) return;
  if (plain() && (!found || found->format() == "gpt")) return;
  if (may_differ()) return;
  if (archive_)
    refuse(
        fmt::format("Image content does not match its container_format: it is a {} image. "
                    "Upload it with container_format bare.",
                    found->format()));
  if (!found)
    refuse(
        fmt::format("Image content does not match its disk_format {}: it has no header of that "
                    "format. Look at it with qemu-img info and set disk_format accordingly.",
                    disk_format_));
  refuse(fmt::format("Image content does not match its disk_format {}: it is a {} image.",
                     disk_format_, found->format()));
}

// Bytes without a structure that anybody would follow.
bool Inspection::plain() const {
  return archive_ || std::none_of(inspectors_.begin(), inspectors_.end(), [&](const auto& known) {
           return known->format() == disk_format_;
         });
}

bool Inspection::may_differ() const {
  return !rules_.require_match && !archive_ && disk_format_ != "qcow2" && disk_format_ != "vmdk";
}

}  // namespace glance::formats

// QED (docs/interop/qed_spec.txt of QEMU) may name a backing file, and nobody needs it any more: it
// is known so that it can be refused.
#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr std::string_view kQedMagic{"QED\0", 4};

class QedInspector final : public Inspector {
 public:
  std::string_view format() const override { return "qed"; }
  void take(uint64_t position, std::string_view bytes) override { magic_.take(position, bytes); }
  bool matches() const override { return magic_.bytes() == kQedMagic; }
  bool complete() const override { return magic_.complete(); }
  std::optional<uint64_t> check(uint64_t /*file_size*/) const override {
    refuse("A QED image is not accepted: convert it to qcow2 with qemu-img convert.");
  }

 private:
  Region magic_{0, kQedMagic.size()};
};

}  // namespace

InspectorPtr make_qed_inspector() { return std::make_unique<QedInspector>(); }

}  // namespace glance::formats

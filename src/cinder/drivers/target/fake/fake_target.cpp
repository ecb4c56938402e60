#include "cinder/drivers/target/fake/fake_target.hpp"

namespace cinder::drivers {
namespace {

class FakeTarget final : public Target {
 public:
  explicit FakeTarget(std::shared_ptr<FakeTargetTable> table) : table_(std::move(table)) {}

  TargetAddress address(const std::string& volume_id) const override {
    return {"192.0.2.1:3260", "iqn.2010-10.org.openstack:volume-" + volume_id, 1};
  }
  void ensure(const Export& wanted) override {
    const std::lock_guard lock(table_->mutex);
    table_->exports[wanted.volume_id] = wanted;
  }
  void close(const std::string& volume_id) override {
    const std::lock_guard lock(table_->mutex);
    table_->exports.erase(volume_id);
  }
  void rest() override {}
  std::vector<std::string> list() override {
    const std::lock_guard lock(table_->mutex);
    std::vector<std::string> ids;
    for (const auto& [id, each] : table_->exports) ids.push_back(id);
    return ids;
  }
  int64_t generation() override {
    const std::lock_guard lock(table_->mutex);
    return table_->generation;
  }

 private:
  std::shared_ptr<FakeTargetTable> table_;
};

}  // namespace

std::unique_ptr<Target> make_fake_target(std::shared_ptr<FakeTargetTable> table) {
  return std::make_unique<FakeTarget>(std::move(table));
}

}  // namespace cinder::drivers

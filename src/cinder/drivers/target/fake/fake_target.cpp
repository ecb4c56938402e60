#include "cinder/drivers/target/fake/fake_target.hpp"

namespace cinder::drivers {
namespace {

class FakeTarget final : public Target {
 public:
  FakeTarget(std::shared_ptr<FakeTargetTable> table, std::function<void(const char*)> point)
      : table_(std::move(table)), point_(std::move(point)) {}

  TargetAddress address(const std::string& volume_id) const override {
    return {"192.0.2.1:3260", "iqn.2010-10.org.openstack:volume-" + volume_id, 1};
  }
  void ensure(const Export& wanted) override {
    visit("target.ensure");
    {
      const std::lock_guard lock(table_->mutex);
      table_->exports[wanted.volume_id] = wanted;
    }
    visit("target.ensure done");
  }
  void close(const std::string& volume_id) override {
    visit("target.close");
    {
      const std::lock_guard lock(table_->mutex);
      table_->exports.erase(volume_id);
    }
    visit("target.close done");
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
  void visit(const char* where) const {
    if (point_) point_(where);
  }

  std::shared_ptr<FakeTargetTable> table_;
  std::function<void(const char*)> point_;
};

}  // namespace

std::unique_ptr<Target> make_fake_target(std::shared_ptr<FakeTargetTable> table,
                                         std::function<void(const char*)> point) {
  return std::make_unique<FakeTarget>(std::move(table), std::move(point));
}

}  // namespace cinder::drivers

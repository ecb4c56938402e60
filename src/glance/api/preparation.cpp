#include "glance/api/preparation.hpp"

#include <fmt/core.h>

#include "glance/api/data_intake.hpp"
#include "glance/api/web_download.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;

void refuse_to_go_on(const PreparationJob& job) {
  if (job.stopping) throw Error(ErrorKind::unavailable, "This glance-api ends.");
}

// Checked at each piece of a download that might never end.
std::function<void()> within(const ImageApi& api, const PreparationJob& job, base::Duration time) {
  const base::SteadyTime deadline = api.runtime.clock.steady() + time;
  return [&api, &job, deadline] {
    refuse_to_go_on(job);
    if (api.runtime.clock.steady() > deadline)
      throw Error(ErrorKind::bad_request, "The image could not be downloaded in the time allowed.");
  };
}

std::string url_of(const ImportInput& input) {
  return base::text_or(*base::find(input.import_req, "method"), "uri");
}

std::string download(const ImageApi& api, const PreparationJob& job) {
  const auto check = within(api, job, api.import_rules.download_time);
  platform::http::Response response = open_web(api, url_of(job.work.task.input));
  const auto length = response.stream ? response.stream->length : std::nullopt;
  const auto reader = make_web_reader(platform::http::take_body(response), check);
  return take_in_unseen(api, {*reader, length},
                        {api.staging, upload_name(job.work.image.id, job.operation)},
                        job.still_wanted);
}

}  // namespace

Image prepare(const ImageApi& api, const PreparationJob& job) {
  Image image = job.work.image;
  const std::string method = import_method(job.work.task.input);
  if (job.work.prepared || method == kCopyImage) return image;
  if (method == kWebDownload) image.staged_location = download(api, job);
  return image;
}

}  // namespace glance::api

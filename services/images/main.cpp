#include "platform/service/service.hpp"
#include "services/images/app.hpp"

int main(int argc, char** argv) {
    return darkroom::run_service(darkroom::images::service(), argc, argv);
}
